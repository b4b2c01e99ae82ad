package kvctl.node.meta;

import java.util.Map;
import java.util.TreeMap;
import kvctl.raft.Turn;
import kvctl.raft.Waiter;

/**
 * Steps of moves that this node has proposed lately, so that each is proposed once, and again if nothing came of it; and
 * when there is something to look at again. Idle, it holds nothing.
 */
final class Steps {
    /** Until a step that was proposed may be proposed again, in ms. */
    static final long AGAIN_MS = 100;

    private final Turn turn;
    private final Pace pace;
    private final Map<Step, Long> proposed = new TreeMap<>();
    private long nextMs = Long.MAX_VALUE;
    private long nowMs;

    /** A shard under a configuration, at one group. */
    record Step(int groupId, int shardId, long number) implements Comparable<Step> {
        @Override
        public int compareTo(Step other) {
            int byGroup = Integer.compare(groupId, other.groupId);
            int byShard = Integer.compare(shardId, other.shardId);
            return byGroup != 0 ? byGroup : byShard != 0 ? byShard : Long.compare(number, other.number);
        }
    }

    Steps(Turn turn, Pace pace) {
        this.turn = turn;
        this.pace = pace;
    }

    Pace pace() {
        return pace;
    }

    long nowMs() {
        return nowMs;
    }

    /** Time goes on. */
    void at(long now) {
        nowMs = now;
    }

    /** Everything is looked at now. */
    void begin() {
        nextMs = Long.MAX_VALUE;
        proposed.values().removeIf(untilMs -> untilMs <= nowMs);
        proposed.values().forEach(this::wakeBy);
    }

    long nextMs() {
        return nextMs;
    }

    void wakeBy(long atMs) {
        nextMs = Math.min(nextMs, atMs);
    }

    /** True if the step was not taken just now; it is then taken to be. */
    boolean isDue(Step step) {
        Long untilMs = proposed.get(step);
        if (untilMs != null && untilMs > nowMs) {
            return false;
        }
        proposed.put(step, nowMs + AGAIN_MS);
        wakeBy(nowMs + AGAIN_MS);
        return true;
    }

    /** @param then runs when the entry was applied */
    void propose(Step step, byte[] command, Runnable then) {
        turn.propose(step.groupId(), command, new Waiter() {
            @Override
            public void done(long index, Object reply) {
                proposed.remove(step);
                wakeBy(nowMs);
                then.run();
            }

            @Override
            public void failed(Failure why) {
                // Proposed again when it is due, by whoever leads then.
            }
        });
    }
}
