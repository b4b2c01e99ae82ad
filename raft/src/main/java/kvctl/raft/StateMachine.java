package kvctl.raft;

import java.util.List;

/**
 * What a group replicates. Deterministic: a reply and the new state depend on the state and the entries alone
 * (HAZARDS R15). One thread uses it: the node's loop. An exception stops the node (HAZARDS R18).
 */
public interface StateMachine {
    /**
     * Last entry whose effects are in the state; 0 for a new group. Stored in the same transaction as the effects
     * (HAZARDS D1).
     */
    long lastApplied();

    /** Term of the entry at {@link #lastApplied()}; 0 for a new group. */
    long lastAppliedTerm();

    /**
     * Applies entries that follow each other and begin right after {@link #lastApplied()}; called inside
     * {@link Store#apply}. No-ops only move lastApplied.
     *
     * @return one reply per entry for whoever proposed it, null for a no-op
     */
    List<Object> apply(List<Entry> entries);

    /**
     * Opens an unchanging view of the state as it is now, to be sent to a follower. Must be cheap; the caller closes
     * it.
     */
    Source openSnapshot();

    /** Begins to receive a snapshot beside the current state, which stays in use until {@link Sink#install()}. */
    Sink receiveSnapshot(long lastIncludedIndex, long lastIncludedTerm);

    /** A snapshot being read, in chunks, at the pace of its receiver. */
    interface Source extends AutoCloseable {
        long lastIncludedIndex();

        long lastIncludedTerm();

        /** The next bytes, about {@code maxBytes} at most; an empty array at the end; null if it was open for too long (HAZARDS D16). */
        byte[] read(int maxBytes);

        @Override
        void close();
    }

    /** A snapshot being received. Bounded memory: chunks go to the store as they come. */
    interface Sink {
        /** Takes the next bytes exactly as {@link Source#read} gave them. */
        void write(byte[] chunk);

        /**
         * Makes it the state; called by {@link Store#save} inside its commit. lastApplied becomes lastIncludedIndex.
         */
        void install();

        /** Drops what was received. */
        void abort();
    }
}
