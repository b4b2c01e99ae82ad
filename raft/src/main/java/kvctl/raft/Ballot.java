package kvctl.raft;

import java.util.TreeSet;

/** Answers to a candidate's question, whether a vote or a pre-vote. Exists only while the replica is a candidate. */
final class Ballot {
    private final TreeSet<Integer> granted = new TreeSet<>();
    private final TreeSet<Integer> refused = new TreeSet<>();

    /** The first answer of a voter counts. */
    void add(int nodeId, boolean voteGranted) {
        if (!granted.contains(nodeId) && !refused.contains(nodeId)) {
            (voteGranted ? granted : refused).add(nodeId);
        }
    }

    boolean won(Quorum quorum) {
        return quorum.reached(granted::contains);
    }

    boolean lost(Quorum quorum) {
        return quorum.lost(refused::contains);
    }
}
