package kvctl.raft;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;

/**
 * Majorities of a set of voters, as a value; with two sets every question needs a majority of both (joint consensus,
 * paper §6).
 *
 * @param voters the (new) configuration
 * @param outgoing the old configuration while a change is under way, else empty
 */
record Quorum(List<Integer> voters, List<Integer> outgoing) {
    static Quorum of(List<Integer> voters) {
        return new Quorum(List.copyOf(voters), List.of());
    }

    /** True if those for whom {@code yes} holds are a quorum. */
    boolean reached(IntPredicate yes) {
        return majority(voters, yes) && (outgoing.isEmpty() || majority(outgoing, yes));
    }

    /** True if so many said no that no quorum can be reached any more. */
    boolean lost(IntPredicate no) {
        return !reached(nodeId -> !no.test(nodeId));
    }

    /** The highest value that a quorum has reached, such as the index that is replicated on a majority. */
    long reachedValue(IntToLongFunction value) {
        long reached = majorityValue(voters, value);
        return outgoing.isEmpty() ? reached : Math.min(reached, majorityValue(outgoing, value));
    }

    boolean contains(int nodeId) {
        return voters.contains(nodeId) || outgoing.contains(nodeId);
    }

    private static boolean majority(List<Integer> members, IntPredicate yes) {
        int count = 0;
        for (int nodeId : members) {
            if (yes.test(nodeId)) {
                count++;
            }
        }
        return count > members.size() / 2;
    }

    private static long majorityValue(List<Integer> members, IntToLongFunction value) {
        long[] values = new long[members.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = value.applyAsLong(members.get(i));
        }
        Arrays.sort(values);
        return values[(values.length - 1) / 2];
    }
}
