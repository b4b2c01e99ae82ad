package kvctl.node.kv;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import kvctl.protocol.Response;
import kvctl.raft.Entry;

/** A group of two replicas with one log: one applies each entry at once, the other is behind and gets snapshots. */
final class MoveGroup {
    final int id;
    final KvBox leader;
    final KvBox lagging;
    private final List<Entry> log = new ArrayList<>();
    private final List<Object> replies = new ArrayList<>();

    MoveGroup(int id, int sessionsPerShard, SortedSet<Integer> firstShards) {
        this.id = id;
        leader = new KvBox(id, sessionsPerShard, firstShards);
        lagging = new KvBox(id, sessionsPerShard, firstShards);
    }

    Response propose(byte[] command) {
        return propose(List.of(command)).get(0);
    }

    /** Applies commands in one batch. */
    List<Response> propose(List<byte[]> commands) {
        List<Entry> entries = leader.entriesOf(commands);
        List<Object> got = leader.apply(entries);
        log.addAll(entries);
        replies.addAll(got);
        return got.stream().map(Response.class::cast).toList();
    }

    /** Restarts, power cuts, snapshots and catching up, at random. */
    void disturb(Random random) {
        KvBox box = random.nextBoolean() ? leader : lagging;
        switch (random.nextInt(12)) {
            case 0 -> box.restart();
            case 1 -> box.crash(random.nextInt(3));
            case 2 -> lagging.installFrom(leader, 1 + random.nextInt(300));
            case 3, 4, 5 -> catchUp(lagging, random.nextInt(20), random);
            default -> {}
        }
        catchUp(leader, Integer.MAX_VALUE, random);
    }

    /** Applies up to so many more entries, in other batches than before; all replies are the same. */
    void catchUp(KvBox box, int entries, Random random) {
        int left = entries;
        while (box.machine().lastApplied() < log.size() && left > 0) {
            int from = (int) box.machine().lastApplied();
            int to = from + Math.min(Math.min(left, log.size() - from), 1 + random.nextInt(9));
            List<Object> again = box.apply(log.subList(from, to));
            if (!again.equals(replies.subList(from, to))) {
                throw new AssertionError("replicas differ: " + again + " for " + replies.subList(from, to));
            }
            left -= to - from;
        }
    }

    KvBox any(Random random) {
        return random.nextInt(3) == 0 ? lagging : leader;
    }

    ShardState shard(int shardId) {
        return leader.machine().shard(shardId);
    }
}
