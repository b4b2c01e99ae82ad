package kvctl.node.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.raft.Entry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories against a model that remembers everything. The stream of entries repeats writes, reorders them
 * within windows and delays copies until long after their answers. One replica applies it in random batches with
 * restarts and power cuts, another falls behind and gets snapshots.
 */
class KvModelTest {
    private static final int CLIENTS = 5;
    private static final int KEYS = 9;
    private static final int STEPS = 400;

    /** What a client knows of one of its writes. */
    private record Key(int client, long sessionMs, int shard, long seq) {}

    private static final class Client {
        final int id;
        final TreeMap<Integer, Long> sessionMs = new TreeMap<>();
        final TreeMap<Integer, Long> nextSeq = new TreeMap<>();
        final TreeMap<Integer, TreeSet<Long>> open = new TreeMap<>();

        Client(int id) {
            this.id = id;
        }

        Request.Tag nextTag(int shard, Random random) {
            if (!sessionMs.containsKey(shard) || random.nextInt(40) == 0) {
                sessionMs.put(shard, 1L + random.nextInt(1000));
                nextSeq.put(shard, 1L + random.nextInt(3));
                open.put(shard, new TreeSet<>());
            }
            long seq = nextSeq.merge(shard, 1L, Long::sum) - 1;
            open.get(shard).add(seq);
            return new Request.Tag(
                    sessionMs.get(shard), id, seq, open.get(shard).first());
        }

        void answered(Request.Tag tag, int shard) {
            if (sessionMs.get(shard) == tag.sessionMs()) {
                open.get(shard).remove(tag.seq());
            }
        }
    }

    /** The simplest thing that could be right: nothing is bounded but the number of sessions. */
    private static final class Model {
        final int mostSessions;
        final TreeMap<String, byte[]> values = new TreeMap<>();
        final TreeMap<String, Long> versions = new TreeMap<>();
        final Map<Integer, Long> counters = new HashMap<>();
        final Map<Integer, TreeMap<Long, TreeMap<Integer, TreeMap<Long, Response>>>> sessions = new HashMap<>();
        final Map<Key, Long> answeredBelow = new HashMap<>();
        final Map<Integer, long[]> floors = new HashMap<>();

        Model(int mostSessions) {
            this.mostSessions = mostSessions;
        }

        /** Null stands for SESSION_EXPIRED. */
        Response apply(Request.Write write, long index) {
            String key = KvBox.string(write.key());
            int shard = KvBox.shardOf(key);
            long ms = write.tag().sessionMs();
            int client = (int) write.tag().sessionRandom();
            TreeMap<Long, TreeMap<Integer, TreeMap<Long, Response>>> ofShard =
                    sessions.computeIfAbsent(shard, s -> new TreeMap<>());
            boolean known = ofShard.containsKey(ms) && ofShard.get(ms).containsKey(client);
            long[] floor = floors.getOrDefault(shard, new long[] {0, 0});
            Key session = new Key(client, ms, shard, 0);
            if (!known && (ms < floor[0] || ms == floor[0] && client <= floor[1])) {
                return null;
            }
            if (!known) {
                pushOut(shard, ofShard, floor);
                ofShard.computeIfAbsent(ms, m -> new TreeMap<>()).put(client, new TreeMap<>());
                answeredBelow.put(session, 0L);
            }
            if (write.tag().seq() < answeredBelow.get(session)) {
                return null;
            }
            Response earlier = ofShard.get(ms).get(client).get(write.tag().seq());
            if (earlier != null) {
                return earlier;
            }
            Response reply = execute(write, key, shard, index);
            answeredBelow.merge(session, write.tag().answeredBelow(), Math::max);
            ofShard.get(ms).get(client).put(write.tag().seq(), reply);
            return reply;
        }

        private void pushOut(
                int shard, TreeMap<Long, TreeMap<Integer, TreeMap<Long, Response>>> ofShard, long[] floor) {
            int size = ofShard.values().stream().mapToInt(TreeMap::size).sum();
            if (size < mostSessions) {
                return;
            }
            long ms = ofShard.firstKey();
            int client = ofShard.get(ms).firstKey();
            ofShard.get(ms).remove(client);
            if (ofShard.get(ms).isEmpty()) {
                ofShard.remove(ms);
            }
            if (ms > floor[0] || ms == floor[0] && client > floor[1]) {
                floors.put(shard, new long[] {ms, client});
            }
        }

        private Response execute(Request.Write write, String key, int shard, long index) {
            long version = versions.getOrDefault(key, 0L);
            byte[] old = values.get(key);
            byte[] next = null;
            if (write instanceof Request.Put put) {
                next = put.value();
            } else if (write instanceof Request.Append append) {
                next = KvBox.bytes((old == null ? "" : KvBox.string(old)) + KvBox.string(append.value()));
            } else if (write instanceof Request.Cas cas) {
                if (cas.expectedVersion() != version) {
                    return KvBox.unchanged(version, index);
                }
                next = cas.value();
            } else if (old == null) {
                return KvBox.unchanged(0, index);
            }
            long newVersion = counters.merge(shard, 1L, Long::sum);
            if (next == null) {
                values.remove(key);
                versions.remove(key);
            } else {
                values.put(key, next);
                versions.put(key, newVersion);
            }
            return KvBox.written(newVersion, index);
        }
    }

    private record Applied(Request.Write write, Entry entry, Object reply) {}

    private final List<Client> clients = new ArrayList<>();
    private final List<Request.Write> flying = new ArrayList<>();
    private final List<Applied> log = new ArrayList<>();
    private final Map<Key, Object> firstReplies = new HashMap<>();
    private int nextValue;

    @ParameterizedTest
    @ValueSource(ints = {3, 8, 1000})
    void everyWriteTakesEffectOnceAndRepeatsGetTheSameReply(int mostSessions) {
        for (int seed = 1; seed <= 20; seed++) {
            reset();
            run(new Random(seed), mostSessions, "seed " + seed + ", " + mostSessions + " sessions");
        }
    }

    private void reset() {
        clients.clear();
        flying.clear();
        log.clear();
        firstReplies.clear();
        nextValue = 0;
        for (int id = 1; id <= CLIENTS; id++) {
            clients.add(new Client(id));
        }
    }

    private void run(Random random, int mostSessions, String as) {
        Model model = new Model(mostSessions);
        KvBox leader = new KvBox(mostSessions);
        KvBox follower = new KvBox(mostSessions);
        for (int step = 0; step < STEPS; step++) {
            send(random);
            applyBatch(random, leader, model, as);
            if (random.nextInt(25) == 0) {
                leader.restart();
            } else if (random.nextInt(25) == 0) {
                leader.crash(random.nextInt(3));
                catchUp(leader, as);
            }
            if (random.nextInt(60) == 0) {
                follower.installFrom(leader, 1 + random.nextInt(200));
            } else if (random.nextInt(5) == 0) {
                catchUp(follower, as);
            }
        }
        catchUp(follower, as);
        assertThat(follower.machine().stateHash())
                .as(as)
                .isEqualTo(leader.machine().stateHash());
        check(leader, model, as);
        check(follower, model, as);
    }

    /** New writes into the air, some of them more than once. */
    private void send(Random random) {
        for (int i = random.nextInt(6); i > 0; i--) {
            String key = "k" + random.nextInt(KEYS);
            Client client = clients.get(random.nextInt(CLIENTS));
            Request.Tag tag = client.nextTag(KvBox.shardOf(key), random);
            String value = "<" + nextValue++ + ">";
            Request.Write write = switch (random.nextInt(8)) {
                case 0 -> KvBox.put(tag, key, value);
                case 1 -> KvBox.delete(tag, key);
                case 2 -> KvBox.cas(tag, key, 0, value);
                case 3 -> KvBox.cas(tag, key, 1 + random.nextInt(30), value);
                default -> KvBox.append(tag, key, value);
            };
            for (int copy = random.nextInt(4); copy >= 0; copy--) {
                flying.add(write);
            }
        }
    }

    private void applyBatch(Random random, KvBox leader, Model model, String as) {
        List<Request.Write> writes = new ArrayList<>();
        for (int i = random.nextInt(8); i > 0 && !flying.isEmpty(); i--) {
            writes.add(flying.remove(random.nextInt(flying.size())));
        }
        if (writes.isEmpty()) {
            return;
        }
        List<Entry> entries = leader.entries(writes);
        List<Object> replies = leader.apply(entries);
        for (int i = 0; i < writes.size(); i++) {
            Request.Write write = writes.get(i);
            Object reply = replies.get(i);
            Response expected = model.apply(write, entries.get(i).index());
            String what = as + ", entry " + entries.get(i).index() + ": " + write;
            if (expected == null) {
                assertThat(reply)
                        .as(what)
                        .isInstanceOfSatisfying(
                                Response.Refused.class,
                                refused -> assertThat(refused.code()).isEqualTo(Response.Code.SESSION_EXPIRED));
            } else {
                assertThat(reply).as(what).isEqualTo(expected);
                int shard = KvBox.shardOf(KvBox.string(write.key()));
                Key key = new Key(
                        (int) write.tag().sessionRandom(),
                        write.tag().sessionMs(),
                        shard,
                        write.tag().seq());
                assertThat(reply).as(what).isEqualTo(firstReplies.computeIfAbsent(key, k -> reply));
                clients.get(key.client() - 1).answered(write.tag(), shard);
            }
            log.add(new Applied(write, entries.get(i), reply));
        }
    }

    /** Applies what the log has beyond the replica's state; every replica gives every entry the same reply. */
    private void catchUp(KvBox box, String as) {
        List<Applied> rest = log.subList((int) box.machine().lastApplied(), log.size());
        List<Object> replies = box.apply(rest.stream().map(Applied::entry).toList());
        assertThat(replies).as(as).isEqualTo(rest.stream().map(Applied::reply).toList());
    }

    private void check(KvBox box, Model model, String as) {
        for (int k = 0; k < KEYS; k++) {
            String key = "k" + k;
            byte[] value = model.values.get(key);
            if (value == null) {
                assertThat(box.get(key)).as(as).isInstanceOf(Response.NotFound.class);
            } else {
                assertThat(box.get(key))
                        .as(as)
                        .usingRecursiveComparison()
                        .isEqualTo(new Response.Value(value, model.versions.get(key), KvBox.GROUP, log.size()));
            }
        }
        assertThat(box.machine().keys()).as(as).isEqualTo(model.values.size());
        long effects = firstReplies.values().stream()
                .filter(Response.Written.class::isInstance)
                .count();
        assertThat(model.counters.values().stream().mapToLong(Long::longValue).sum())
                .as(as)
                .isEqualTo(effects);
        long bytes = 0;
        for (int shard = 0; shard < KvBox.SHARDS; shard++) {
            bytes += box.machine().bytes(shard);
        }
        assertThat(bytes)
                .as(as)
                .isEqualTo(model.values.entrySet().stream()
                        .mapToLong(e -> e.getKey().length() + e.getValue().length)
                        .sum());
    }
}
