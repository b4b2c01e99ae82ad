package kvctl.node.kv;

import static kvctl.node.kv.KvBox.GROUP;
import static kvctl.node.kv.KvBox.append;
import static kvctl.node.kv.KvBox.bytes;
import static kvctl.node.kv.KvBox.cas;
import static kvctl.node.kv.KvBox.delete;
import static kvctl.node.kv.KvBox.put;
import static kvctl.node.kv.KvBox.shardOf;
import static kvctl.node.kv.KvBox.tag;
import static kvctl.node.kv.KvBox.unchanged;
import static kvctl.node.kv.KvBox.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.raft.Entry;
import kvctl.storage.Tables;
import org.junit.jupiter.api.Test;

class KvMachineTest {
    private final KvBox box = new KvBox();

    @Test
    void writesAndReadsOfOneKey() {
        assertThat(box.get("a")).isEqualTo(new Response.NotFound(GROUP, 0));
        assertThat(box.applyOne(put(tag(1, 1), "a", "1"))).isEqualTo(written(1, 1));
        assertThat(box.applyOne(append(tag(1, 2), "a", "2"))).isEqualTo(written(2, 2));
        assertThat(box.text("a")).isEqualTo("12");
        assertThat(box.applyOne(cas(tag(1, 3), "a", 1, "no"))).isEqualTo(unchanged(2, 3));
        assertThat(box.applyOne(cas(tag(1, 4), "a", 2, "yes"))).isEqualTo(written(3, 4));
        assertThat(box.get("a")).usingRecursiveComparison().isEqualTo(new Response.Value(bytes("yes"), 3, GROUP, 4));
        assertThat(box.applyOne(delete(tag(1, 5), "a"))).isEqualTo(written(4, 5));
        assertThat(box.applyOne(delete(tag(1, 6), "a"))).isEqualTo(unchanged(0, 6));
        assertThat(box.get("a")).isEqualTo(new Response.NotFound(GROUP, 6));
        assertThat(box.applyOne(append(tag(1, 7), "a", "x"))).isEqualTo(written(5, 7));
        assertThat(box.text("a")).isEqualTo("x");
    }

    @Test
    void casWithVersionZeroCreatesAndNeverOverwrites() {
        assertThat(box.applyOne(cas(tag(1, 1), "a", 0, "first"))).isEqualTo(written(1, 1));
        assertThat(box.applyOne(cas(tag(1, 2), "a", 0, "second"))).isEqualTo(unchanged(1, 2));
        assertThat(box.applyOne(cas(tag(1, 3), "b{a}", 5, "x"))).isEqualTo(unchanged(0, 3));
        assertThat(box.text("a")).isEqualTo("first");
        assertThat(box.text("b{a}")).isNull();
    }

    @Test
    void emptyValueIsAValue() {
        box.apply(put(tag(1, 1), "a", ""));
        assertThat(box.text("a")).isEmpty();
        box.apply(append(tag(1, 2), "a", ""), append(tag(1, 3), "a", "z"));
        assertThat(box.text("a")).isEqualTo("z");
    }

    @Test
    void versionsNeverRestartNotByDeleteNorRestartNorSnapshot() {
        box.apply(put(tag(1, 1), "a", "1"), delete(tag(1, 2), "a"));
        box.restart();
        assertThat(box.applyOne(put(tag(1, 3), "a", "1"))).isEqualTo(written(3, 3));
        box.apply(delete(tag(1, 4), "a"));
        KvBox other = new KvBox();
        other.installFrom(box, 10);
        assertThat(other.applyOne(put(tag(1, 5), "a", "1"))).isEqualTo(written(5, 5));
    }

    @Test
    void versionsAreUniqueInTheShardAndCountedPerShard() {
        assertThat(box.apply(put(tag(1, 1), "{a}1", "x"), put(tag(1, 2), "{a}2", "x"), put(tag(1, 3), "{b}", "x")))
                .containsExactly(written(1, 1), written(2, 2), written(1, 3));
        assertThat(shardOf("{a}1")).isNotEqualTo(shardOf("{b}"));
    }

    @Test
    void noOpsOnlyMoveLastApplied() {
        assertThat(box.apply(List.of(Entry.noop(1, 3)))).containsExactly((Object) null);
        assertThat(box.machine().lastApplied()).isEqualTo(1);
        assertThat(box.machine().lastAppliedTerm()).isEqualTo(3);
        assertThat(box.applyOne(put(tag(1, 1), "a", "1"))).isEqualTo(written(1, 2));
    }

    @Test
    void gapInTheLogStopsTheMachine() {
        List<Entry> gap = List.of(Entry.noop(2, 1));
        assertThatThrownBy(() -> box.inTransaction(() -> box.machine().apply(gap)))
                .hasStackTraceContaining("entries follow each other");
    }

    @Test
    void E1_sameWriteProposedThroughTwoLeadersTakesEffectOnce() {
        Request.Write write = append(tag(1, 1), "a", "x");
        Response first = box.applyOne(write);
        box.term(2);
        assertThat(box.applyOne(write)).isEqualTo(first);
        assertThat(box.apply(write, write)).containsExactly(first, first);
        assertThat(box.text("a")).isEqualTo("x");
        assertThat(box.machine().lastApplied()).isEqualTo(4);
    }

    @Test
    void E2_repeatGetsTheFirstReplyWhateverHappenedSince() {
        List<Request.Write> writes = List.of(
                put(tag(1, 1), "a", "1"),
                cas(tag(1, 2), "a", 77, "no"),
                delete(tag(1, 3), "{a}missing"),
                cas(tag(1, 4), "a", 1, "yes"),
                delete(tag(1, 5), "a"));
        List<Object> first = new ArrayList<>();
        writes.forEach(write -> first.add(box.applyOne(write)));
        box.apply(put(tag(2, 1), "a", "other"), put(tag(2, 2), "{a}missing", "there now"));

        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < writes.size(); i++) {
                assertThat(box.applyOne(writes.get(i))).isEqualTo(first.get(i));
            }
            box.restart();
        }
        assertThat(first)
                .containsExactly(written(1, 1), unchanged(1, 2), unchanged(0, 3), written(2, 4), written(3, 5));
        assertThat(box.text("a")).isEqualTo("other");
    }

    @Test
    void E3_writesOfOneSessionMayComeInAnyOrder() {
        assertThat(box.apply(append(tag(1, 3), "a", "3"), append(tag(1, 1), "a", "1"), append(tag(1, 2), "a", "2")))
                .containsExactly(written(1, 1), written(2, 2), written(3, 3));
        assertThat(box.apply(append(tag(1, 1), "a", "1"), append(tag(1, 2), "a", "2"), append(tag(1, 3), "a", "3")))
                .containsExactly(written(2, 2), written(3, 3), written(1, 1));
        assertThat(box.text("a")).isEqualTo("312");
    }

    @Test
    void E3_writeFarAheadClosesTheOldestOnesInsteadOfForgettingSilently() {
        int window = Limits.SESSION_WINDOW;
        for (int seq = 1; seq <= window; seq++) {
            box.apply(append(tag(1, seq), "a", "."));
        }
        assertThat(box.applyOne(append(tag(1, 1), "a", "."))).isEqualTo(written(1, 1));
        box.apply(append(tag(1, window + 1), "a", "."));
        assertExpired(box.applyOne(append(tag(1, 1), "a", ".")));
        assertThat(box.applyOne(append(tag(1, 2), "a", "."))).isEqualTo(written(2, 2));
        assertThat(box.text("a")).hasSize(window + 1);
    }

    @Test
    void E4_writeThatItsClientHasTheAnswerOfIsNotExecutedAgain() {
        box.apply(append(tag(1, 1), "a", "1"), append(tag(1, 2, 2), "a", "2"));
        assertExpired(box.applyOne(append(tag(1, 1), "a", "1")));
        box.restart();
        assertExpired(box.applyOne(append(tag(1, 1), "a", "1")));
        assertThat(box.applyOne(append(tag(1, 2, 2), "a", "2"))).isEqualTo(written(2, 2));
        assertThat(box.text("a")).isEqualTo("12");
    }

    @Test
    void E4_forgottenSessionIsAnsweredUnknownAndNeverExecuted() {
        KvBox small = new KvBox(2);
        small.apply(append(tag(10, 1), "a", "x"), append(tag(20, 1), "a", "y"), append(tag(30, 1), "a", "z"));

        assertExpired(small.applyOne(append(tag(10, 1), "a", "x")));
        small.restart();
        assertExpired(small.applyOne(append(tag(10, 1), "a", "x")));
        assertExpired(small.applyOne(append(tag(10, 2), "a", "new")));
        assertExpired(small.applyOne(append(tag(5, 1), "a", "never seen, but older than one that was forgotten")));
        assertThat(small.apply(append(tag(20, 1), "a", "y"), append(tag(30, 1), "a", "z")))
                .containsExactly(written(2, 2), written(3, 3));
        assertThat(small.text("a")).isEqualTo("xyz");
    }

    @Test
    void E4_lowestSessionGoesWhicheverCameFirstAndOnlyInItsShard() {
        KvBox small = new KvBox(2);
        small.apply(append(tag(30, 1), "{a}", "3"), append(tag(10, 1), "{a}", "1"), append(tag(10, 1), "{b}", "1"));
        assertThat(small.applyOne(append(tag(20, 1), "{a}", "2"))).isEqualTo(written(3, 4));
        assertExpired(small.applyOne(append(tag(10, 1), "{a}", "1")));
        assertThat(small.applyOne(append(tag(10, 1), "{b}", "1"))).isEqualTo(written(1, 3));
        // The random part decides between sessions of one millisecond, as an unsigned number.
        small.apply(
                append(new Request.Tag(50, -1, 1, 1), "{a}", "4"),
                append(new Request.Tag(50, 1, 1, 1), "{a}", "5"),
                append(new Request.Tag(60, 1, 1, 1), "{a}", "6"));
        assertExpired(small.applyOne(append(new Request.Tag(50, 1, 1, 1), "{a}", "5")));
        assertThat(small.applyOne(append(new Request.Tag(50, -1, 1, 1), "{a}", "4")))
                .isEqualTo(written(4, 7));
    }

    @Test
    void E4_sessionThatNeverWroteHereMayBeginWithAnySeq() {
        assertThat(box.applyOne(append(tag(1, 500, 490), "a", "x"))).isEqualTo(written(1, 1));
        assertExpired(box.applyOne(append(tag(1, 489, 480), "a", "x")));
        assertThat(box.applyOne(append(tag(1, 495, 480), "a", "y"))).isEqualTo(written(2, 3));
    }

    @Test
    void E6_memoryDoesNotGrowWithTheNumberOfClients() {
        for (int batch = 0; batch < 200; batch++) {
            Request.Write[] writes = new Request.Write[100];
            for (int i = 0; i < writes.length; i++) {
                writes[i] = put(tag(1 + batch * 100 + i, 1), "{a}" + i, "x");
            }
            box.apply(writes);
        }
        assertThat(box.machine().sessionsInMemory()).isEqualTo(4096);
        assertThat(box.applyOne(put(tag(1, 1), "{a}0", "x"))).isEqualTo(written(1, 1));
        assertThat(box.machine().sessionsInMemory()).isEqualTo(4096);
    }

    @Test
    void E8_sameSessionAndSeqInTwoShardsAreTwoWrites() {
        assertThat(shardOf("{a}")).isNotEqualTo(shardOf("{b}"));
        box.apply(append(tag(1, 9, 9), "{a}", "x"));
        assertThat(box.applyOne(append(tag(1, 1), "{b}", "y"))).isEqualTo(written(1, 2));
        assertThat(box.text("{b}")).isEqualTo("y");
    }

    @Test
    void E10_definiteRefusalStaysTrueForEveryCopyOfTheWrite() {
        box.apply(new Request.Put(tag(1, 1), bytes("a"), new byte[Limits.VALUE_MAX_BYTES]));
        Response refused = box.applyOne(append(tag(1, 2), "a", "x"));
        assertThat(refused)
                .isEqualTo(new Response.Refused(
                        Response.Code.BAD_REQUEST, "The value has 4194305 bytes; the limit is 4194304.", 0));
        box.apply(put(tag(1, 3), "a", "small again"));
        assertThat(box.applyOne(append(tag(1, 2), "a", "x"))).isEqualTo(refused);
        assertThat(box.text("a")).isEqualTo("small again");
    }

    @Test
    void R15_stateAndRepliesDoNotDependOnBatches() {
        List<Request.Write> writes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            writes.add(append(tag(1 + i % 7, 1 + i / 7, 1 + i / 14), "k" + i % 11, "v" + i));
            writes.add(i % 3 == 0 ? delete(tag(20, 1 + i), "k" + i % 11) : put(tag(9, 1 + i), "k" + i % 5, "w" + i));
        }
        KvBox whole = new KvBox(3);
        List<Object> expected = whole.apply(whole.entries(writes));
        for (int size : new int[] {1, 2, 7, 100}) {
            KvBox pieces = new KvBox(3);
            List<Object> replies = new ArrayList<>();
            for (int at = 0; at < writes.size(); at += size) {
                replies.addAll(pieces.apply(pieces.entries(writes.subList(at, Math.min(at + size, writes.size())))));
                if (at % 50 == 0) {
                    pieces.restart();
                }
            }
            assertThat(replies).isEqualTo(expected);
            assertThat(pieces.machine().stateHash()).isEqualTo(whole.machine().stateHash());
        }
    }

    @Test
    void R15_hashTellsStatesApart() {
        KvBox other = new KvBox();
        long empty = box.machine().stateHash();
        assertThat(other.machine().stateHash()).isEqualTo(empty);
        box.apply(put(tag(1, 1), "a", "1"));
        other.apply(put(tag(1, 1), "a", "2"));
        assertThat(box.machine().stateHash())
                .isNotEqualTo(empty)
                .isNotEqualTo(other.machine().stateHash());
    }

    @Test
    void S2_snapshotHoldsSessionsVersionsAndFloor() {
        KvBox small = new KvBox(2);
        small.apply(append(tag(10, 1), "a", "x"), append(tag(20, 1), "a", "y"), append(tag(30, 1), "a", "z"));
        KvBox follower = new KvBox(2);
        follower.apply(put(tag(99, 1), "old", "state"));
        assertThat(follower.machine().keys()).isEqualTo(1);

        follower.installFrom(small, 16);

        assertThat(follower.machine().lastApplied()).isEqualTo(3);
        assertThat(follower.machine().stateHash()).isEqualTo(small.machine().stateHash());
        assertThat(follower.text("old")).isNull();
        assertThat(follower.apply(append(tag(20, 1), "a", "y"), append(tag(30, 1), "a", "z")))
                .containsExactly(written(2, 2), written(3, 3));
        assertExpired(follower.applyOne(append(tag(10, 1), "a", "x")));
        follower.restart();
        assertThat(follower.text("a")).isEqualTo("xyz");
        assertThat(follower.machine().keys()).isEqualTo(1);
    }

    @Test
    void D1_effectsAndLastAppliedAreLostTogether() {
        box.apply(append(tag(1, 1), "a", "1"));
        List<Entry> second = box.entries(List.of(append(tag(1, 2), "a", "2")));
        box.apply(second);
        assertThat(box.unsynced()).isEqualTo(1);
        box.crash(0);
        assertThat(box.machine().lastApplied()).isEqualTo(1);
        assertThat(box.text("a")).isEqualTo("1");
        assertThat(box.apply(second)).containsExactly(written(2, 2));
        box.crash(1);
        assertThat(box.machine().lastApplied()).isEqualTo(2);
        assertThat(box.text("a")).isEqualTo("12");
    }

    @Test
    void D5_damagedRowIsNeverServed() {
        for (String name : List.of("kv", "sessions", "shards")) {
            KvBox damaged = new KvBox();
            damaged.apply(put(tag(1, 1), "a", "value"));
            Tables.Table table = damaged.tables().table(name);
            List<byte[][]> found = new ArrayList<>();
            table.scan(new byte[0], 1, (key, row) -> found.add(new byte[][] {key, row}));
            byte[] bad = found.get(0)[1].clone();
            bad[bad.length - 1] ^= 1;
            damaged.inTransaction(() -> table.put(found.get(0)[0], bad));
            assertThatThrownBy(() -> {
                        damaged.restart();
                        damaged.get("a");
                        damaged.apply(put(tag(1, 2), "b{a}", "x"));
                    })
                    .hasStackTraceContaining("a stored row is damaged");
        }
    }

    @Test
    void D5_rowUnderAnotherKeyIsDamage() {
        box.apply(put(tag(1, 1), "{a}1", "value"));
        Tables.Table table = box.tables().table("kv");
        List<byte[][]> found = new ArrayList<>();
        table.scan(new byte[0], 1, (key, row) -> found.add(new byte[][] {key, row}));
        byte[] otherKey = found.get(0)[0].clone();
        otherKey[otherKey.length - 1] = '2';
        box.inTransaction(() -> table.put(otherKey, found.get(0)[1]));
        assertThat(box.text("{a}1")).isEqualTo("value");
        assertThatThrownBy(() -> box.get("{a}2")).hasStackTraceContaining("a stored row is damaged");
    }

    @Test
    void scanReturnsTheShardsKeysInUnsignedByteOrder() {
        byte[][] keys = {{'{', 'a', '}'}, {'{', 'a', '}', 0}, {'{', 'a', '}', 'b'}, {'{', 'a', '}', (byte) 0xff}};
        for (int i = keys.length - 1; i >= 0; i--) {
            box.apply(new Request.Put(tag(1, keys.length - i), keys[i], bytes("v" + i)));
        }
        box.apply(put(tag(1, 5), "{b}other shard", "x"));
        int shard = shardOf("{a}");

        Response.Page all = scan(shard, "", "", 10);
        assertThat(all.rows()).extracting(Response.Row::key).containsExactly(keys);
        assertThat(all.rows()).extracting(row -> KvBox.string(row.value())).containsExactly("v0", "v1", "v2", "v3");
        assertThat(all.rows()).extracting(Response.Row::version).containsExactly(4L, 3L, 2L, 1L);
        assertThat(all.more()).isFalse();
        assertThat(all.index()).isEqualTo(5);
        assertThat(scan(shard, "{a}b", "", 10).rows())
                .extracting(Response.Row::key)
                .containsExactly(keys[2]);
        assertThat(scan(shard, "{a}", "{a}b", 10).rows())
                .extracting(Response.Row::key)
                .containsExactly(keys[2], keys[3]);
        assertThat(scan(shard, "{a}b", "{a}c", 10).rows()).isEmpty();
        assertThat(scan(shard, "z", "", 10).rows()).isEmpty();
        assertThat(scan(shardOf("{b}"), "{a}", "", 10).rows()).isEmpty();
    }

    @Test
    void scanPagesEndAtTheirLimitsAndSayIfThereIsMore() {
        for (int i = 0; i < 5; i++) {
            box.apply(put(tag(1, 1 + i), "{a}" + i, "v"));
        }
        int shard = shardOf("{a}");
        assertThat(scan(shard, "{a}", "", 4).more()).isTrue();
        assertThat(scan(shard, "{a}", "", 4).rows()).hasSize(4);
        assertThat(scan(shard, "{a}", "", 5).more()).isFalse();
        assertThat(scan(shard, "{a}", "{a}3\0", 5).rows()).hasSize(1);
        assertThat(box.machine().scan(new Request.Scan(shard, bytes("{a}"), new byte[0], 0)))
                .isInstanceOf(Response.Refused.class);
    }

    @Test
    void scanPagesAreBoundedInRowsAndBytes() {
        for (int i = 0; i < 6; i++) {
            box.apply(new Request.Put(tag(1, 1 + i), bytes("{a}" + i), new byte[Limits.PAGE_BYTES / 2]));
        }
        Response.Page page = scan(shardOf("{a}"), "{a}", "", 100);
        assertThat(page.rows()).hasSize(2);
        assertThat(page.more()).isTrue();

        Request.Write[] many = new Request.Write[Limits.PAGE_ROWS_MAX + 1];
        Arrays.setAll(many, i -> put(tag(2, 1 + i), "{b}" + i, "x"));
        box.apply(many);
        Response.Page rows = scan(shardOf("{b}"), "{b}", "", Integer.MAX_VALUE);
        assertThat(rows.rows()).hasSize(Limits.PAGE_ROWS_MAX);
        assertThat(rows.more()).isTrue();
    }

    @Test
    void keysAndBytesAreCountedPerShard() {
        int shard = shardOf("{a}");
        box.apply(put(tag(1, 1), "{a}1", "12345"), put(tag(1, 2), "{a}2", ""), put(tag(1, 3), "{b}", "x"));
        assertThat(box.machine().keys(shard)).isEqualTo(2);
        assertThat(box.machine().bytes(shard)).isEqualTo(4 + 5 + 4);
        box.apply(append(tag(1, 4), "{a}1", "67"), put(tag(1, 5), "{a}2", "abc"), put(tag(1, 6), "{a}1", "1"));
        assertThat(box.machine().bytes(shard)).isEqualTo(4 + 1 + 4 + 3);
        box.apply(delete(tag(1, 7), "{a}1"), delete(tag(1, 8), "{a}1"));
        box.restart();
        assertThat(box.machine().keys(shard)).isEqualTo(1);
        assertThat(box.machine().bytes(shard)).isEqualTo(7);
        assertThat(box.machine().keys()).isEqualTo(2);
    }

    private Response.Page scan(int shard, String prefix, String from, int limit) {
        return (Response.Page) box.machine().scan(new Request.Scan(shard, bytes(prefix), bytes(from), limit));
    }

    private static void assertExpired(Response response) {
        assertThat(response).isInstanceOfSatisfying(Response.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(Response.Code.SESSION_EXPIRED);
            assertThat(refused.code().definite()).isFalse();
            assertThat(refused.message()).contains("may have been applied or not");
        });
    }
}
