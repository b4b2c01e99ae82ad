package kvctl.node.kv;

import static kvctl.node.kv.KvBox.append;
import static kvctl.node.kv.KvBox.bytes;
import static kvctl.node.kv.KvBox.cas;
import static kvctl.node.kv.KvBox.delete;
import static kvctl.node.kv.KvBox.put;
import static kvctl.node.kv.KvBox.shardOf;
import static kvctl.node.kv.KvBox.tag;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.raft.Entry;
import org.junit.jupiter.api.Test;

class ShardMoveTest {
    private static final int SHARD = shardOf("{a}");
    private static final int MAX = 64 << 10;
    private static final byte[] START = new byte[0];
    private static final Response OK = new Response.Ok();

    private final KvBox source = new KvBox();
    private final KvBox target = new KvBox(2, KvMachine.SESSIONS_PER_SHARD, new TreeSet<>());

    @Test
    void firstShardsAreServedFromTheBeginningAndOthersNeverWere() {
        KvBox box = new KvBox(3, 10, new TreeSet<>(List.of(1, 4)));
        for (int round = 0; round < 3; round++) {
            assertThat(box.machine().shards()).extracting(ShardState::shardId).containsExactly(1, 4);
            assertThat(box.machine().shards()).allSatisfy(state -> {
                assertThat(state.status()).isEqualTo(ShardState.Status.SERVING);
                assertThat(state.number()).isEqualTo(1);
            });
            assertThat(box.machine().serves(1)).isTrue();
            assertThat(box.machine().serves(2)).isFalse();
            assertThat(box.machine().shard(2).status()).isEqualTo(ShardState.Status.GONE);
            assertThat(box.machine().shard(2).number()).isZero();
            if (round == 0) {
                box.apply(List.of(Entry.noop(1, 1))); // What was there from the beginning is in rows from here on.
            }
            box.restart();
        }
        KvBox replica = new KvBox(3, 10, new TreeSet<>());
        replica.installFrom(box, 100);
        assertThat(replica.machine().stateHash()).isEqualTo(box.machine().stateHash());
        assertThat(replica.machine().serves(4)).isTrue();
    }

    @Test
    void aShardGoesThroughItsLife() {
        source.apply(put(tag(1, 1), "{a}1", "12345"), put(tag(1, 2), "{b}", "stays"));
        assertThat(source.applyOne(KvMachine.copy(SHARD, 2, 2))).isEqualTo(OK);
        assertThat(source.applyOne(KvMachine.copy(SHARD, 2, 2))).isEqualTo(OK);
        assertState(source, ShardState.Status.COPYING, 2, 2);
        assertThat(source.applyOne(append(tag(1, 3), "{a}1", "6"))).isInstanceOf(Response.Written.class);
        assertThat(source.text("{a}1")).isEqualTo("123456");
        assertThat(source.machine().shard(SHARD).totalBytes()).isEqualTo(10);

        ShardChunk chunk = chunk(START);
        assertThat(chunk.changesLeft()).isZero();
        assertThat(chunk.last()).isFalse();
        assertThat(chunk.copiedBytes()).isEqualTo(10);
        assertThat(target.applyOne(KvMachine.install(chunk, KvBox.GROUP))).isEqualTo(OK);
        assertState(target, ShardState.Status.RECEIVING, 2, KvBox.GROUP);
        assertThat(target.machine().shard(SHARD).copiedBytes()).isEqualTo(10);
        assertThat(target.machine().shard(SHARD).keys()).isZero();

        assertThat(source.applyOne(KvMachine.freeze(SHARD, 2))).isEqualTo(OK);
        assertThat(source.applyOne(KvMachine.freeze(SHARD, 2))).isEqualTo(OK);
        assertState(source, ShardState.Status.FROZEN, 2, 2);
        ShardChunk last = chunk(cursor());
        assertThat(last.last()).isTrue();
        assertThat(target.applyOne(KvMachine.install(last, KvBox.GROUP))).isEqualTo(OK);
        assertState(target, ShardState.Status.SERVING, 2, 0);
        assertThat(target.machine().shard(SHARD).cursor()).isEmpty();
        assertThat(target.machine().shard(SHARD).keys()).isEqualTo(1);
        assertThat(target.machine().shard(SHARD).bytes()).isEqualTo(10);
        assertThat(target.text("{a}1")).isEqualTo("123456");

        assertThat(source.applyOne(KvMachine.drop(SHARD, 2))).isEqualTo(OK);
        assertThat(source.applyOne(KvMachine.drop(SHARD, 2))).isEqualTo(OK);
        assertState(source, ShardState.Status.GONE, 2, 0);
        assertThat(source.machine().shard(SHARD).keys()).isZero();
        assertThat(source.text("{b}")).isEqualTo("stays");
        assertThat(source.machine().shards()).extracting(ShardState::shardId).doesNotContain(SHARD);
    }

    @Test
    void aShardThatNobodyOwnedBeginsEmpty() {
        byte[] install = KvMachine.install(ShardChunk.empty(SHARD, 5), 0);
        assertThat(target.applyOne(install)).isEqualTo(OK);
        assertState(target, ShardState.Status.SERVING, 5, 0);
        assertThat(target.applyOne(put(tag(1, 1), "{a}", "x"))).isEqualTo(new Response.Written(1, 2, 2));
        assertThat(target.applyOne(install)).isEqualTo(OK);
        assertThat(target.text("{a}")).isEqualTo("x");
    }

    @Test
    void writesAreCountedForThisReplicaAlone() {
        source.apply(put(tag(1, 1), "{a}1", "x"), put(tag(1, 1), "{a}1", "x"), put(tag(1, 2), "{a}2", "x"));
        assertThat(source.machine().shard(SHARD).writes()).isEqualTo(2);
        KvBox replica = new KvBox();
        replica.apply(put(tag(1, 1), "{a}1", "x"));
        replica.installFrom(source, 100);
        assertThat(replica.machine().shard(SHARD).writes()).isEqualTo(1);
        source.restart();
        assertThat(source.machine().shard(SHARD).writes()).isZero();
    }

    @Test
    void G4_E2_aWriteAfterTheFreezeHasNoEffectAndLeavesNoTrace() {
        source.apply(append(tag(1, 1), "{a}", "x"));
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        // In one batch, as when a write was proposed before the freeze was known.
        List<Object> replies = source.apply(source.entriesOf(
                List.of(KvMachine.freeze(SHARD, 2), KvBox.command(append(tag(1, 2), "{a}", "y")))));
        assertWrongGroup(replies.get(1));
        assertWrongGroup(source.applyOne(append(tag(1, 1), "{a}", "x")));
        assertWrongGroup(target.applyOne(append(tag(1, 2), "{a}", "y")));
        move();
        assertWrongGroup(source.applyOne(append(tag(1, 2), "{a}", "y")));
        // Refused at the source means: not applied, so that the target may.
        assertThat(target.applyOne(append(tag(1, 2), "{a}", "y"))).isInstanceOf(Response.Written.class);
        assertThat(target.text("{a}")).isEqualTo("xy");
    }

    @Test
    void G4_aWriteToAShardThatIsOnItsWayInHasNoEffect() {
        source.apply(append(tag(1, 1), "{a}", "x"));
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        target.applyOne(KvMachine.install(chunk(START), KvBox.GROUP));
        assertWrongGroup(target.applyOne(append(tag(1, 2), "{a}", "y")));
        assertWrongGroup(target.get("{a}"));
        source.applyOne(KvMachine.freeze(SHARD, 2));
        move();
        assertThat(target.text("{a}")).isEqualTo("x");
        assertThat(target.machine().sessionsInMemory()).isZero();
    }

    @Test
    void G5_C5_readsEndWithTheFreeze() {
        source.apply(put(tag(1, 1), "{a}", "x"), put(tag(1, 2), "{b}", "y"));
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        Request.Scan scan = new Request.Scan(SHARD, bytes(""), bytes(""), 10);
        assertThat(source.get("{a}")).isInstanceOf(Response.Value.class);
        assertThat(source.machine().scan(scan)).isInstanceOf(Response.Page.class);
        source.applyOne(KvMachine.freeze(SHARD, 2));
        for (int round = 0; round < 2; round++) {
            assertWrongGroup(source.get("{a}"));
            assertWrongGroup(source.get("{a}missing"));
            assertWrongGroup(source.machine().scan(scan));
            assertThat(source.text("{b}")).isEqualTo("y");
            source.restart();
        }
        assertWrongGroup(target.get("{a}"));
        assertWrongGroup(target.machine().scan(scan));
    }

    @Test
    void E7_aRetryIsRecognisedByTheGroupThatTookTheShardOver() {
        Request.Write lost = append(tag(1, 1), "{a}", "x");
        Request.Write failed = cas(tag(2, 1), "{a}", 77, "no");
        source.apply(lost, failed, delete(tag(2, 2), "{a}missing"));
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        Request.Write late = append(tag(1, 2), "{a}", "y");
        source.applyOne(late);
        source.applyOne(KvMachine.freeze(SHARD, 2));
        move();
        target.restart();
        assertThat(((Response.Written) target.applyOne(lost)).version()).isEqualTo(1);
        assertThat(((Response.Written) target.applyOne(late)).version()).isEqualTo(2);
        assertThat(((Response.Unchanged) target.applyOne(failed)).version()).isEqualTo(1);
        assertThat(target.text("{a}")).isEqualTo("xy");
        assertThat(((Response.Written) target.applyOne(put(tag(1, 3), "{a}", "z"))).version())
                .isEqualTo(3);
    }

    @Test
    void E7_E4_theFloorAndPushedOutSessionsMoveAlong() {
        KvBox from = new KvBox(2);
        KvBox to = new KvBox(2, 2, new TreeSet<>());
        from.apply(append(tag(10, 1), "{a}", "1"), append(tag(20, 1), "{a}", "2"));
        from.applyOne(KvMachine.copy(SHARD, 2, 2));
        // The rows are copied with session 10 in them; then it is pushed out.
        to.applyOne(KvMachine.install(from.machine().chunk(SHARD, 2, START, MAX), KvBox.GROUP));
        from.apply(append(tag(30, 1), "{a}", "3"));
        from.applyOne(KvMachine.freeze(SHARD, 2));
        byte[] cursor = to.machine().shard(SHARD).cursor();
        to.applyOne(KvMachine.install(from.machine().chunk(SHARD, 2, cursor, MAX), KvBox.GROUP));
        assertThat(to.applyOne(append(tag(10, 1), "{a}", "1")))
                .isInstanceOfSatisfying(
                        Response.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(Response.Code.SESSION_EXPIRED));
        assertThat(((Response.Written) to.applyOne(append(tag(20, 1), "{a}", "2"))).version())
                .isEqualTo(2);
        assertThat(to.text("{a}")).isEqualTo("123");
    }

    @Test
    void E8_sessionsOfOtherShardsStayWhereTheyAre() {
        source.apply(append(tag(1, 1), "{a}", "x"), append(tag(1, 2), "{b}", "y"));
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        source.applyOne(KvMachine.freeze(SHARD, 2));
        KvBox other = new KvBox(2, 100, new TreeSet<>(List.of(shardOf("{b}"))));
        other.apply(append(tag(1, 9, 9), "{b}", "z"));
        other.applyOne(KvMachine.install(chunk(START), KvBox.GROUP));
        assertThat(((Response.Written) other.applyOne(append(tag(1, 1), "{a}", "x"))).version())
                .isEqualTo(1);
        assertThat(other.text("{b}")).isEqualTo("z");
        source.applyOne(KvMachine.drop(SHARD, 2));
        assertThat(((Response.Written) source.applyOne(append(tag(1, 2), "{b}", "y"))).version())
                .isEqualTo(1);
        assertThat(source.text("{b}")).isEqualTo("y");
    }

    @Test
    void G6_eachWriteThatTheRowsMissedComesAsAChange() {
        for (int i = 0; i < 50; i++) {
            source.apply(put(tag(1, 1 + i), "{a}" + i, "v" + i));
        }
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        int seq = 100;
        boolean frozen = false;
        while (!target.machine().serves(SHARD)) {
            ShardChunk chunk = chunk(cursor(), 150);
            target.applyOne(KvMachine.install(chunk, KvBox.GROUP));
            if (chunk.changesLeft() == 0 && !frozen) {
                frozen = true;
                source.applyOne(KvMachine.freeze(SHARD, 2));
            } else if (!frozen && seq < 130) {
                int i = seq++ % 50;
                source.apply(delete(tag(2, seq), "{a}" + i), put(tag(3, seq), "{a}new" + i, "w"));
            }
        }
        assertThat(seq).isEqualTo(130);
        source.applyOne(KvMachine.drop(SHARD, 2));
        assertThat(target.machine().keys(SHARD)).isEqualTo(50);
        assertThat(target.text("{a}0")).isNull();
        assertThat(target.text("{a}49")).isEqualTo("v49");
        assertThat(target.text("{a}new0")).isEqualTo("w");
    }

    @Test
    void G6_G7_aReplicaThatIsBehindGivesNoLastChunk() {
        KvBox behind = new KvBox();
        List<Entry> copy = source.entriesOf(List.of(KvMachine.copy(SHARD, 2, 2)));
        source.apply(copy);
        assertThat(behind.machine().chunk(SHARD, 2, START, MAX)).isNull();
        behind.apply(copy);
        source.apply(put(tag(1, 1), "{a}", "x"));
        target.applyOne(KvMachine.install(chunk(START), KvBox.GROUP));
        source.apply(put(tag(1, 2), "{a}", "y"));
        target.applyOne(KvMachine.install(chunk(cursor()), KvBox.GROUP));
        ShardChunk old = behind.machine().chunk(SHARD, 2, cursor(), MAX);
        assertThat(old.last()).isFalse();
        assertThat(old.after()).isEqualTo(old.before());
        target.applyOne(KvMachine.install(old, KvBox.GROUP));
        source.applyOne(KvMachine.freeze(SHARD, 2));
        target.applyOne(KvMachine.install(chunk(cursor()), KvBox.GROUP));
        assertThat(target.text("{a}")).isEqualTo("y");
    }

    @Test
    void G8_installsAreTakenOnceAndInOrder() {
        for (int i = 0; i < 20; i++) {
            source.apply(put(tag(1, 1 + i), "{a}" + i, "v" + i));
        }
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        source.applyOne(KvMachine.freeze(SHARD, 2));
        List<ShardChunk> chunks = new ArrayList<>();
        for (byte[] at = START;
                chunks.isEmpty() || !chunks.get(chunks.size() - 1).last(); ) {
            ShardChunk chunk = chunk(at, 100);
            chunks.add(chunk);
            at = chunk.after();
        }
        assertThat(chunks).hasSizeGreaterThan(5);
        for (int i = 0; i < chunks.size(); i++) {
            for (int other = chunks.size() - 1; other >= 0; other--) {
                if (other != i) {
                    long hash = state();
                    target.applyOne(KvMachine.install(chunks.get(other), KvBox.GROUP));
                    assertThat(state()).isEqualTo(hash);
                }
            }
            assertThat(target.machine().serves(SHARD)).isFalse();
            target.restart();
            assertThat(target.applyOne(KvMachine.install(chunks.get(i), KvBox.GROUP)))
                    .isEqualTo(OK);
        }
        assertThat(target.machine().keys(SHARD)).isEqualTo(20);
        target.apply(put(tag(1, 21), "{a}0", "newer"));
        chunks.forEach(chunk -> target.applyOne(KvMachine.install(chunk, KvBox.GROUP)));
        assertThat(target.text("{a}0")).isEqualTo("newer");
    }

    @Test
    void G8_lowerNumbersAreRefused() {
        ShardChunk old = ShardChunk.empty(SHARD, 2);
        target.applyOne(KvMachine.install(ShardChunk.empty(SHARD, 3), 0));
        assertConflict(target.applyOne(KvMachine.install(old, 0)));
        assertConflict(target.applyOne(KvMachine.copy(SHARD, 3, 1)));
        assertThat(target.applyOne(KvMachine.copy(SHARD, 4, 1))).isEqualTo(OK);
        assertConflict(target.applyOne(KvMachine.copy(SHARD, 5, 1)));
        assertConflict(target.applyOne(KvMachine.copy(SHARD, 4, 5)));
        assertConflict(target.applyOne(KvMachine.freeze(SHARD, 3)));
        assertConflict(target.applyOne(KvMachine.drop(SHARD, 4)));
        assertState(target, ShardState.Status.COPYING, 4, 1);
        target.applyOne(KvMachine.freeze(SHARD, 4));
        assertConflict(target.applyOne(KvMachine.drop(SHARD, 3)));
        assertThat(target.applyOne(KvMachine.drop(SHARD, 4))).isEqualTo(OK);
        assertConflict(target.applyOne(KvMachine.install(ShardChunk.empty(SHARD, 4), 0)));
        assertState(target, ShardState.Status.GONE, 4, 0);
        assertThat(target.applyOne(KvMachine.drop(SHARD, 4))).isEqualTo(OK);
    }

    @Test
    void G9_aShardThatCameBackIsNotWipedByTheOldDrop() {
        source.apply(append(tag(1, 1), "{a}", "x"));
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        source.applyOne(KvMachine.freeze(SHARD, 2));
        move();
        target.apply(append(tag(1, 2), "{a}", "y"));
        target.applyOne(KvMachine.copy(SHARD, 3, KvBox.GROUP));
        target.applyOne(KvMachine.freeze(SHARD, 3));
        byte[] back = KvMachine.install(target.machine().chunk(SHARD, 3, START, MAX), 2);
        // The way back waits for the drop.
        assertConflict(source.applyOne(back));
        assertState(source, ShardState.Status.FROZEN, 2, 2);
        source.applyOne(KvMachine.drop(SHARD, 2));
        assertThat(source.applyOne(back)).isEqualTo(OK);
        assertConflict(source.applyOne(KvMachine.drop(SHARD, 2)));
        assertConflict(source.applyOne(KvMachine.freeze(SHARD, 2)));
        assertConflict(source.applyOne(KvMachine.copy(SHARD, 2, 2)));
        assertThat(source.text("{a}")).isEqualTo("xy");
        // Sessions that were in memory in the shard's earlier life here are not asked.
        assertThat(((Response.Written) source.applyOne(append(tag(1, 2), "{a}", "y"))).version())
                .isEqualTo(2);
        assertThat(source.text("{a}")).isEqualTo("xy");
    }

    @Test
    void G9_aMoveTakesNothingOfOtherShards() {
        for (int shard = 0; shard < KvBox.SHARDS; shard++) {
            KvBox from = new KvBox();
            KvBox to = new KvBox(2, 100, new TreeSet<>());
            List<Request.Write> writes = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                writes.add(append(tag(1, 1 + i), "k" + i, "v" + i));
            }
            List<Object> replies = from.apply(from.entries(writes));
            from.applyOne(KvMachine.copy(shard, 2, 2));
            from.applyOne(KvMachine.freeze(shard, 2));
            to.applyOne(KvMachine.install(from.machine().chunk(shard, 2, START, MAX), KvBox.GROUP));
            from.applyOne(KvMachine.drop(shard, 2));
            assertThat(from.machine().keys() + to.machine().keys()).isEqualTo(40);
            for (int i = 0; i < 40; i++) {
                boolean moved = shardOf("k" + i) == shard;
                assertThat((moved ? to : from).text("k" + i)).isEqualTo("v" + i);
                if (!moved) {
                    assertThat(from.applyOne(writes.get(i))).isEqualTo(replies.get(i));
                    assertWrongGroup(to.get("k" + i));
                }
            }
            int[] rows = new int[1];
            to.tables().table("kv").scan(START, (key, row) -> ++rows[0] > 0);
            assertThat(rows[0]).isEqualTo((int) to.machine().keys(shard));
        }
    }

    @Test
    void G9_R15_aLargeShardIsDroppedInPiecesWhereverBatchesBegin() {
        List<byte[]> commands = new ArrayList<>();
        for (int i = 0; i < 2500; i++) {
            commands.add(KvBox.command(put(tag(1 + i % 300, 1 + i / 300), "{a}" + i, "v")));
        }
        commands.add(KvMachine.copy(SHARD, 2, 2));
        commands.add(KvBox.command(put(tag(1, 100), "{a}", "v")));
        commands.add(KvMachine.freeze(SHARD, 2));
        commands.add(KvMachine.drop(SHARD, 2));
        List<Entry> entries = source.entriesOf(commands);
        List<Object> replies = source.apply(entries);
        assertThat(replies.get(replies.size() - 1))
                .isInstanceOfSatisfying(
                        Response.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(Response.Code.BUSY));
        KvBox other = new KvBox();
        entries.forEach(entry -> other.apply(List.of(entry)));
        assertThat(other.machine().stateHash()).isEqualTo(source.machine().stateHash());

        assertState(source, ShardState.Status.FROZEN, 2, 2);
        assertThat(source.machine().chunk(SHARD, 2, START, MAX)).isNull();
        source.restart();
        assertThat(source.machine().chunk(SHARD, 2, START, MAX)).isNull();
        assertThat(source.applyOne(KvMachine.drop(SHARD, 2))).isEqualTo(OK);
        assertState(source, ShardState.Status.GONE, 2, 0);
        for (String table : List.of("kv", "sessions", "changes")) {
            List<byte[]> left = new ArrayList<>();
            source.tables().table(table).scan(new byte[0], (key, row) -> left.add(key));
            assertThat(left).as(table).isEmpty();
        }
    }

    @Test
    void G14_chunksAreBoundedAndALargerRowGoesAlone() {
        source.apply(
                put(tag(1, 1), "{a}1", "s"),
                new Request.Put(tag(1, 2), bytes("{a}2"), new byte[3 << 20]),
                put(tag(1, 3), "{a}3", "s"));
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        for (int seq = 1; seq <= 100; seq++) {
            source.apply(put(tag(2, seq), "{a}4", "v".repeat(500)), put(tag(3, seq), "{a}" + 1000 + seq, "v"));
        }
        source.applyOne(KvMachine.freeze(SHARD, 2));
        List<Integer> sizes = new ArrayList<>();
        byte[] at = START;
        for (boolean last = false; !last; ) {
            ShardChunk chunk = chunk(at, 1000);
            assertThat(chunk.copiedBytes()).isLessThanOrEqualTo(chunk.totalBytes());
            assertThat(chunk.changesLeft() == 0).isEqualTo(chunk.last());
            sizes.add(chunk.rows().length);
            at = chunk.after();
            last = chunk.last();
        }
        assertThat(sizes).filteredOn(size -> size > 3 << 20).hasSize(1);
        // A session's row is one, and may be larger, too.
        assertThat(sizes).filteredOn(size -> size > 4000).hasSize(1);
    }

    @Test
    void A6_D5_aDamagedChunkIsRefusedAsMessageAndStopsTheNodeAsEntry() throws Exception {
        source.apply(put(tag(1, 1), "{a}1", "v"), put(tag(1, 2), "{a}2", "v"));
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        ShardChunk chunk = chunk(START);
        BytesWriter out = new BytesWriter();
        chunk.write(out);
        byte[] good = out.toBytes();
        assertThat(ShardChunk.read(new BytesReader(good)))
                .usingRecursiveComparison()
                .isEqualTo(chunk);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 4;
            assertThatThrownBy(() -> ShardChunk.read(new BytesReader(bad))).isInstanceOf(ProtocolException.class);
            byte[] cut = Arrays.copyOf(good, i);
            assertThatThrownBy(() -> ShardChunk.read(new BytesReader(cut))).isInstanceOf(ProtocolException.class);
        }
        byte[] entry = KvMachine.install(chunk, KvBox.GROUP);
        entry[entry.length - 1] ^= 1;
        assertThatThrownBy(() -> target.applyOne(entry)).hasStackTraceContaining("damaged");
    }

    @Test
    void cursorsOfAnotherVersionGetNoChunk() {
        source.applyOne(KvMachine.copy(SHARD, 2, 2));
        assertThat(chunk(new byte[] {9, 1, 1})).isNull();
        assertThat(chunk(new byte[] {0})).isNull();
        assertThat(source.machine().chunk(SHARD, 3, START, MAX)).isNull();
        assertThat(source.machine().chunk(shardOf("{b}"), 1, START, MAX)).isNull();
    }

    /** Brings what is left of the frozen shard to the target. */
    private void move() {
        while (!target.machine().serves(SHARD)) {
            assertThat(target.applyOne(KvMachine.install(chunk(cursor()), KvBox.GROUP)))
                    .isEqualTo(OK);
        }
    }

    private byte[] cursor() {
        return target.machine().shard(SHARD).cursor();
    }

    private ShardChunk chunk(byte[] cursor) {
        return chunk(cursor, MAX);
    }

    private ShardChunk chunk(byte[] cursor, int maxBytes) {
        return source.machine().chunk(SHARD, 2, cursor, maxBytes);
    }

    /** Hash of the target's shard, its status among it, without the applied index. */
    private long state() {
        long[] hash = {1};
        for (String table : List.of("kv", "sessions", "shards")) {
            target.tables().table(table).scan(new byte[0], (key, row) -> {
                hash[0] = 31 * (31 * hash[0] + Arrays.hashCode(key)) + Arrays.hashCode(row);
                return true;
            });
        }
        return hash[0];
    }

    private static void assertState(KvBox box, ShardState.Status status, long number, int peerGroupId) {
        for (int round = 0; round < 2; round++) {
            ShardState state = box.machine().shard(SHARD);
            assertThat(state.status()).isEqualTo(status);
            assertThat(state.number()).isEqualTo(number);
            assertThat(state.peerGroupId()).isEqualTo(peerGroupId);
            box.restart();
        }
    }

    private static void assertWrongGroup(Object reply) {
        assertThat(reply).isInstanceOfSatisfying(Response.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(Response.Code.WRONG_GROUP);
            assertThat(refused.message()).hasLineCount(1);
        });
    }

    private static void assertConflict(Response reply) {
        assertThat(reply)
                .isInstanceOfSatisfying(
                        Response.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(Response.Code.CONFLICT));
    }
}
