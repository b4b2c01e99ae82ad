package kvctl.node.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A shard wanders between groups while it is written: chunks come from replicas that are behind, are lost, repeated and
 * reordered; every entry that ever was in a log turns up again in any group; replicas restart, lose power and get
 * snapshots. A machine whose shards never move says what is right.
 */
class MoveModelTest {
    private static final int MOVED = KvBox.shardOf("{a}");
    private static final int STAYS = KvBox.shardOf("{b}");
    private static final int MOVES = 6;

    private Random random;
    private String as;
    private KvBox never;
    private List<MoveGroup> groups;
    private final List<byte[]> steps = new ArrayList<>();
    /** Drops that were not made yet; the way back waits for them. */
    private final List<Runnable> drops = new ArrayList<>();

    private final List<Request.Write> sent = new ArrayList<>();
    private int nextValue;

    @ParameterizedTest
    @ValueSource(ints = {3, 8, 1000})
    void E7_E8_G6_G8_G9_aMovedShardIsTheSameShard(int mostSessions) {
        for (int seed = 1; seed <= 30; seed++) {
            random = new Random(seed);
            as = "seed " + seed + ", " + mostSessions + " sessions";
            steps.clear();
            sent.clear();
            never = new KvBox(mostSessions);
            groups = List.of(
                    new MoveGroup(1, mostSessions, new TreeSet<>(List.of(0, 1, 2, 3, 4))),
                    new MoveGroup(2, mostSessions, new TreeSet<>()),
                    new MoveGroup(3, mostSessions, new TreeSet<>()));
            run();
        }
    }

    private void run() {
        MoveGroup owner = groups.get(0);
        for (int i = random.nextInt(60); i > 0; i--) {
            write(owner);
        }
        for (int number = 2; number < 2 + MOVES; number++) {
            MoveGroup to = groups.get((owner.id + random.nextInt(2)) % 3);
            move(owner, to, number);
            owner = to;
        }
        drops.forEach(Runnable::run);
        drops.clear();
        for (MoveGroup group : groups) {
            group.catchUp(group.lagging, Integer.MAX_VALUE, random);
            assertThat(group.lagging.machine().stateHash())
                    .as(as)
                    .isEqualTo(group.leader.machine().stateHash());
            assertThat(group.shard(MOVED).status() == ShardState.Status.GONE)
                    .as(as)
                    .isEqualTo(group != owner);
        }
        assertSameAsNeverMoved(owner);
    }

    private void move(MoveGroup from, MoveGroup to, long number) {
        propose(from, KvMachine.copy(MOVED, number, to.id));
        int left = random.nextInt(40);
        List<ShardChunk> flying = new ArrayList<>();
        for (int round = 0; !to.leader.machine().serves(MOVED); round++) {
            assertThat(round).as(as).isLessThan(5000);
            groups.get(random.nextInt(3)).disturb(random);
            stale();
            write(from);
            if (left-- == 0) {
                propose(from, KvMachine.freeze(MOVED, number));
            }
            pull(from, to, number, flying);
            if (!drops.isEmpty() && random.nextInt(20) == 0) {
                drops.remove(0).run();
            }
            assertAtMostOneServes();
        }
        assertThat(from.shard(MOVED).status()).as(as).isEqualTo(ShardState.Status.FROZEN);
        assertThat(to.shard(MOVED).number()).as(as).isEqualTo(number);
        for (String table : List.of("kv", "sessions")) {
            assertThat(rows(to.leader, table)).as(as).isEqualTo(rows(from.leader, table));
        }
        assertThat(to.shard(MOVED).keys()).as(as).isEqualTo(from.shard(MOVED).keys());
        assertThat(to.shard(MOVED).bytes()).as(as).isEqualTo(from.shard(MOVED).bytes());
        for (int i = random.nextInt(20); i > 0; i--) {
            groups.get(random.nextInt(3)).disturb(random);
            write(to);
            stale();
        }
        assertSameAsNeverMoved(to);
        drops.add(() -> {
            propose(from, KvMachine.drop(MOVED, number));
            assertThat(from.shard(MOVED).status()).as(as).isEqualTo(ShardState.Status.GONE);
            for (String table : List.of("kv", "sessions", "changes")) {
                assertThat(rows(from.leader, table)).as(as).isEmpty();
            }
        });
    }

    /** Asks some replica for the next chunk, and installs one of those that came so far. */
    private void pull(MoveGroup from, MoveGroup to, long number, List<ShardChunk> flying) {
        KvBox target = to.any(random);
        ShardState state = target.machine().shard(MOVED);
        byte[] cursor = state.number() == number ? state.cursor() : new byte[0];
        ShardChunk chunk = from.any(random).machine().chunk(MOVED, number, cursor, 1 + random.nextInt(400));
        if (chunk != null) {
            flying.add(chunk);
        }
        for (int i = random.nextInt(3); i > 0 && !flying.isEmpty(); i--) {
            boolean newest = random.nextInt(3) > 0;
            ShardChunk one = flying.get(newest ? flying.size() - 1 : random.nextInt(flying.size()));
            propose(to, KvMachine.install(one, from.id));
        }
    }

    private void propose(MoveGroup group, byte[] step) {
        steps.add(step);
        group.propose(step);
    }

    /** A step that was taken before, here or elsewhere, turns up again (HAZARDS G9). */
    private void stale() {
        if (random.nextInt(3) > 0) {
            return;
        }
        byte[] step = steps.get(random.nextInt(steps.size()));
        MoveCommand command = MoveCommand.decode(step);
        MoveGroup group = groups.get(random.nextInt(3));
        ShardState here = group.shard(MOVED);
        boolean taken = here.number() >= command.number();
        // Only a group that went through that configuration, or was never part of it, can have its entries in the log.
        if (taken) {
            group.propose(step);
        }
    }

    /** One or more writes, new and repeated, to a group that may serve them or not. */
    private void write(MoveGroup owner) {
        List<Request.Write> writes = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            writes.add(sent.size() > 3 && random.nextInt(3) == 0 ? repeat() : fresh());
        }
        MoveGroup group = random.nextInt(8) == 0 ? groups.get(random.nextInt(3)) : owner;
        List<Response> replies = writes.isEmpty()
                ? List.of()
                : group.propose(
                        writes.stream().map(write -> KvBox.command(write)).toList());
        for (int i = 0; i < writes.size(); i++) {
            boolean serves = group.leader
                    .machine()
                    .serves(KvBox.shardOf(KvBox.string(writes.get(i).key())));
            if (serves) {
                Response expected = never.applyOne(writes.get(i));
                assertThat(plain(replies.get(i))).as(as).isEqualTo(plain(expected));
            } else {
                assertRefused(replies.get(i));
            }
        }
    }

    private Request.Write repeat() {
        return sent.get(Math.max(0, sent.size() - 1 - random.nextInt(30)));
    }

    private Request.Write fresh() {
        int client = 1 + random.nextInt(12);
        long seq = sent.size() + 1L;
        Request.Tag tag = new Request.Tag(client, client, seq, Math.max(1, seq - random.nextInt(40)));
        String key = (random.nextInt(5) == 0 ? "{b}" : "{a}") + random.nextInt(25);
        String value = "<" + nextValue++ + ">" + ".".repeat(random.nextInt(60));
        Request.Write write = switch (random.nextInt(6)) {
            case 0 -> KvBox.put(tag, key, value);
            case 1 -> KvBox.delete(tag, key);
            case 2 -> KvBox.cas(tag, key, 0, value);
            case 3 -> KvBox.cas(tag, key, 1 + random.nextInt(60), value);
            default -> KvBox.append(tag, key, "+");
        };
        sent.add(write);
        return write;
    }

    /** Kind and version of a reply: group and index are of whoever executed it. */
    private static String plain(Response reply) {
        if (reply instanceof Response.Written written) {
            return "written " + written.version();
        } else if (reply instanceof Response.Unchanged unchanged) {
            return "unchanged " + unchanged.version();
        }
        return reply.toString();
    }

    /** HAZARDS G15, as far as state machines can see it. */
    private void assertAtMostOneServes() {
        assertThat(groups.stream().filter(group -> group.leader.machine().serves(MOVED)))
                .as(as)
                .hasSizeLessThanOrEqualTo(1);
        assertThat(groups.get(0).leader.machine().serves(STAYS)).as(as).isTrue();
    }

    private void assertSameAsNeverMoved(MoveGroup owner) {
        assertThat(rows(owner.leader, "kv")).as(as).isEqualTo(rows(never, "kv"));
        Request.Scan all = new Request.Scan(MOVED, new byte[0], new byte[0], Limits.PAGE_ROWS_MAX);
        Response.Page page = (Response.Page) owner.leader.machine().scan(all);
        Response.Page expected = (Response.Page) never.machine().scan(all);
        assertThat(page.rows()).as(as).usingRecursiveComparison().isEqualTo(expected.rows());
        assertThat(owner.leader.machine().keys(MOVED))
                .as(as)
                .isEqualTo(page.rows().size());
        // The last tries of all clients come once more: nothing happens, except to those who are forgotten.
        for (Request.Write write : sent.subList(Math.max(0, sent.size() - 40), sent.size())) {
            if (KvBox.shardOf(KvBox.string(write.key())) == MOVED) {
                Response again = owner.propose(KvBox.command(write));
                assertThat(plain(again)).as(as).isEqualTo(plain(never.applyOne(write)));
            }
        }
        assertThat(rows(owner.leader, "kv")).as(as).isEqualTo(rows(never, "kv"));
    }

    private static void assertRefused(Response reply) {
        assertThat(reply)
                .isInstanceOfSatisfying(
                        Response.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(Response.Code.WRONG_GROUP));
    }

    /** The moved shard's rows of one table. */
    private static Map<String, String> rows(KvBox box, String table) {
        Map<String, String> rows = new TreeMap<>();
        box.tables().table(table).scan(new Shard(MOVED).key(), (key, row) -> {
            boolean own = new Shard(MOVED).owns(key);
            if (own) {
                rows.put(HexFormat.of().formatHex(key), HexFormat.of().formatHex(row));
            }
            return own;
        });
        return rows;
    }
}
