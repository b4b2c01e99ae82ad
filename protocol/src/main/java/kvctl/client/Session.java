package kvctl.client;

import java.util.ArrayDeque;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;

/**
 * One session of one shard: numbers its writes and knows which are answered (HAZARDS E3). At most
 * {@link Limits#SESSION_WINDOW} numbers from the lowest unanswered one are in use; more wait.
 */
final class Session {
    final long sessionMs;
    final long sessionRandom;

    /** Writes that wait for room in the window. */
    final ArrayDeque<Call> waiting = new ArrayDeque<>();

    private final boolean[] answered = new boolean[Limits.SESSION_WINDOW];
    private long answeredBelow = 1;
    private long nextSeq = 1;
    private boolean retired;

    Session(long sessionMs, long sessionRandom) {
        this.sessionMs = sessionMs;
        this.sessionRandom = sessionRandom;
    }

    boolean hasRoom() {
        return nextSeq - answeredBelow < Limits.SESSION_WINDOW;
    }

    Request.Tag nextTag() {
        answered[(int) (nextSeq % Limits.SESSION_WINDOW)] = false;
        return new Request.Tag(sessionMs, sessionRandom, nextSeq++, answeredBelow);
    }

    /** The write has its answer, or was never sent, and will not be repeated. */
    void answered(long seq) {
        answered[(int) (seq % Limits.SESSION_WINDOW)] = true;
        while (answeredBelow < nextSeq && answered[(int) (answeredBelow % Limits.SESSION_WINDOW)]) {
            answeredBelow++;
        }
    }

    /** No new writes: it is gone on the nodes, or holds a write that somebody may still repeat by its request id. */
    void retire() {
        retired = true;
    }

    boolean retired() {
        return retired;
    }
}
