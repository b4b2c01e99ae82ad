package kvctl.client;

import java.util.random.RandomGenerator;
import kvctl.protocol.Frame;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Response;

/**
 * Everything outside of the client: connections, time, chance. Whatever calls back (tasks, the wake-up, the
 * listeners of
 * links) does so one at a time, never from inside a call to this port; so the client needs no locks and a simulator can
 * run it. Except for {@link #execute} and {@link #inLoop}, methods are called from inside such a callback only.
 */
public interface Transport {
    /** Monotonic time. */
    long nowMs();

    /** The time of day, ms since 1970; for the names of sessions only. */
    long epochMs();

    RandomGenerator random();

    /**
     * Names who is woken and who is told when the transport can't go on. Called once, before anything else.
     *
     * @param broken runs at most once, as the last callback, if the transport or a callback threw
     */
    void start(Runnable wake, java.util.function.Consumer<Throwable> broken);

    /** Runs the task later, in the order of the calls; from any thread. False: stopped, the task will not run. */
    boolean execute(Runnable task);

    /** True if the caller is inside a callback, where waiting for an answer would wait for ever. */
    boolean inLoop();

    /** Runs the wake-up at that time or soon after; a later call replaces the time. */
    void wakeAt(long atMs);

    /**
     * Connects and says hello; what comes of it the listener learns.
     *
     * @param address {@code host:port}
     */
    Link connect(String address, Hello hello, Listener listener);

    /** No callbacks after the one that this is called from, except tasks that {@link #execute} accepted. */
    void stop();

    /** One connection. */
    interface Link {
        /** Sends a request, in order. False: too much waits to be written, or it can't be encoded; nothing is sent. */
        boolean send(Frame.Ask ask);

        /** Closes; the listener hears nothing more. */
        void close();
    }

    /** What happens on a connection: opened at most once, then answers, closed at most once and last. */
    interface Listener {
        void opened(HelloReply.Accepted hello);

        void answered(long correlationId, Response response);

        /** @param reason completes the sentence "n1 ...": "refused the connection" */
        void closed(Closed kind, String reason);
    }

    /** Why a connection is over. */
    enum Closed {
        /** Nobody listens there. */
        REFUSED,
        /** The node does not want this client, and asking again will not help: another cluster, another version. */
        UNWANTED,
        /** It was there, or may be there, and is lost. */
        LOST
    }
}
