package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import kvctl.node.kv.KvMachine;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.raft.Entry;
import kvctl.raft.RaftConfig;
import kvctl.raft.StateMachine;
import kvctl.raft.Turn;
import kvctl.storage.Identity;
import kvctl.storage.MemoryDisk;
import kvctl.storage.Storage;
import kvctl.storage.StorageConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop over a group of one, in memory. */
@Timeout(30)
class NodeLoopTest {
    private static final byte[] KEY = TestCluster.bytes("k");

    private final Inbox inbox = new Inbox(100, 1 << 20, 100, 1 << 20);
    private final CompletableFuture<Throwable> fatal = new CompletableFuture<>();
    private boolean broken;
    private Storage storage;
    private NodeLoop loop;

    private void start() {
        Topology topology = Topology.defaults("test", 1, 1, 7101);
        Self self = new Self("test", topology, topology.node(1), 1, new KnownPeers(null));
        storage = Storage.inMemory(new MemoryDisk(), new Identity("test", "n1", 1), 1, StorageConfig.DEFAULT);
        Turn turn = new Turn(1, storage, (groupId, to, message) -> {});
        KvMachine machine = new KvMachine(1, storage.tables(1), allShards(topology));
        turn.add(
                1,
                new RaftConfig(1, List.of(1)),
                breakable(machine),
                new java.util.SplittableRandom(1),
                NodeLoop.realMs());
        TreeMap<Integer, KvMachine> machines = new TreeMap<>();
        machines.put(1, machine);
        Router router = new Router(self, turn, machines, () -> new ProcessFacts.Figures(0, 0, 0), NodeLoop.realMs());
        NodeLoop.Links links = new NodeLoop.Links(() -> {}, () -> {});
        loop = new NodeLoop(inbox, turn, storage, router, links, fatal::complete);
        loop.start("loop");
    }

    private static TreeSet<Integer> allShards(Topology topology) {
        TreeSet<Integer> shards = new TreeSet<>();
        for (int shard = 0; shard < topology.shards(); shard++) {
            shards.add(shard);
        }
        return shards;
    }

    private StateMachine breakable(KvMachine machine) {
        return new StateMachine() {
            @Override
            public long lastApplied() {
                return machine.lastApplied();
            }

            @Override
            public long lastAppliedTerm() {
                return machine.lastAppliedTerm();
            }

            @Override
            public List<Object> apply(List<Entry> entries) {
                if (broken && entries.stream().anyMatch(entry -> entry.kind() == Entry.Kind.COMMAND)) {
                    throw new IllegalStateException("a bug");
                }
                return machine.apply(entries);
            }

            @Override
            public Source openSnapshot() {
                return machine.openSnapshot();
            }

            @Override
            public Sink receiveSnapshot(long index, long term) {
                return machine.receiveSnapshot(index, term);
            }
        };
    }

    private CompletableFuture<Response> ask(Request request) {
        CompletableFuture<Response> answer = new CompletableFuture<>();
        Call.Door door = new Call.Door() {
            @Override
            public void answer(Call call, Response response) {
                assertThat(answer.complete(response)).as("answered once").isTrue();
            }

            @Override
            public boolean isFull() {
                return false;
            }
        };
        assertThat(inbox.offer(new Call(door, 1, request, Long.MAX_VALUE, 100))).isTrue();
        return answer;
    }

    private Response put(long seq) throws Exception {
        Request.Tag tag = new Request.Tag(1, 1, seq, 0);
        Response answer;
        do {
            answer = ask(new Request.Put(tag, KEY, KEY)).get(10, TimeUnit.SECONDS);
        } while (answer instanceof Response.Refused refused && refused.code() == Response.Code.NOT_LEADER);
        return answer;
    }

    @Test
    void aGroupOfOneAnswers() throws Exception {
        start();
        assertThat(put(1)).isInstanceOf(Response.Written.class);
        assertThat(ask(new Request.Get(KEY)).get(10, TimeUnit.SECONDS)).isInstanceOf(Response.Value.class);
        loop.stop();
        assertThat(loop.awaitEnd(10_000)).isTrue();
    }

    @Test
    void R18_aBugEndsTheLoopAndNothingIsAnsweredAfterwards() throws Exception {
        start();
        put(1);
        broken = true;
        CompletableFuture<Response> never = ask(new Request.Put(new Request.Tag(1, 1, 2, 0), KEY, KEY));
        assertThat(fatal.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("a bug");
        assertThat(loop.awaitEnd(10_000)).isTrue();
        assertThat(never).isNotDone();
    }

    @Test
    void A9_theStopAnswersEveryoneAndClosesTheStorage() throws Exception {
        start();
        put(1);
        List<CompletableFuture<Response>> waiting = new ArrayList<>();
        for (int i = 2; i < 50; i++) {
            waiting.add(ask(new Request.Put(new Request.Tag(1, 1, i, 0), KEY, KEY)));
        }
        loop.stop();
        assertThat(loop.awaitEnd(10_000)).isTrue();
        assertThat(waiting).allSatisfy(answer -> assertThat(answer).isDone());
        assertThat(fatal).isNotDone();
        assertThatThrownBy(() -> storage.restore(1)).hasMessageContaining("closed");
    }
}
