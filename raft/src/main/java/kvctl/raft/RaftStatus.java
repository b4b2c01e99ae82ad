package kvctl.raft;

import java.util.List;

/**
 * A replica's state for people and logs; a copy.
 *
 * @param leaderId leader of the term as far as known, 0 if not
 * @param forgetful the replica copies, but does not vote or count (HAZARDS D4)
 * @param peers the followers as the leader sees them; empty on others
 */
public record RaftStatus(
        int groupId,
        int nodeId,
        Role role,
        long currentTerm,
        int votedFor,
        int leaderId,
        long commitIndex,
        long lastApplied,
        long firstLogIndex,
        long lastLogIndex,
        long logBytes,
        boolean forgetful,
        List<Peer> peers) {
    /** The roles of paper §5.1, and the pre-candidate of thesis §9.6. */
    public enum Role {
        /** Answers leaders and candidates. */
        FOLLOWER,
        /** Asks whether an election could be won, without disturbing anybody. */
        PRE_CANDIDATE,
        /** Stands for election in its term. */
        CANDIDATE,
        /** Takes proposals and replicates them. */
        LEADER
    }

    /** @param lastContactMs when it last answered, on the clock given as nowMs */
    public record Peer(int nodeId, long matchIndex, long nextIndex, String mode, long lastContactMs) {}
}
