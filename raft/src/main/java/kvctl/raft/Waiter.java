package kvctl.raft;

/** Whoever waits for a proposal or a read. Called exactly once, by the node's loop (HAZARDS R16). */
public interface Waiter {
    /**
     * A proposal was committed and applied, or a read may now be served from the state machine.
     *
     * @param index of the entry, or the read index
     * @param reply of the state machine; null for a read
     */
    void done(long index, Object reply);

    void failed(Failure why);

    /** Why a proposal or read got no answer. */
    enum Failure {
        /** This replica does not lead: nothing was proposed. */
        NOT_LEADER(true),
        /** Too much is waiting already: nothing was proposed. */
        TOO_BUSY(true),
        /** Leadership was lost after the proposal: it may be applied or not. */
        LOST_LEADERSHIP(false),
        /** The node stops: it may be applied or not. */
        STOPPED(false);

        private final boolean definite;

        Failure(boolean definite) {
            this.definite = definite;
        }

        /** True if the proposal was not and will never be applied. */
        public boolean definite() {
            return definite;
        }
    }
}
