package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import kvctl.node.fault.Faults;
import kvctl.node.meta.Note;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.raft.Message;
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
    private Storage storage;
    private NodeLoop loop;

    private void start() {
        Topology topology = Topology.defaults("test", 1, 1, 7101);
        storage = Storage.inMemory(new MemoryDisk(), new Identity("test", "n1", 1), 1, StorageConfig.DEFAULT);
        Core.Ports ports = new Core.Ports(storage, new NoLinks(), new SplittableRandom(1), this::facts);
        Core core = new Core(topology, 1, ports, NodeLoop.realMs());
        loop = new NodeLoop(
                inbox, core, storage, new NodeLoop.Links(() -> {}, () -> {}), Faults.off(), fatal::complete);
        loop.start("loop");
    }

    private Core.Facts facts() {
        throw new IllegalStateException("a bug");
    }

    /** There is nobody else. */
    private static final class NoLinks implements Core.Links {
        @Override
        public void send(int groupId, int to, Message message) {
            throw new AssertionError(message);
        }

        @Override
        public void send(int to, Note note) {
            throw new AssertionError(note);
        }
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
        CompletableFuture<Response> never = ask(new Request.GetStatus());
        assertThat(fatal.get(10, TimeUnit.SECONDS)).hasMessage("a bug");
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
