package kvctl.node;

import io.netty.channel.Channel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import kvctl.node.fault.Faults;
import kvctl.node.fault.Held;
import kvctl.node.fault.LinkRules;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Frame;

/**
 * A client that counts as being beside another node: what faults do to the links between that node and this one is done to
 * its requests and answers. One per connection, on its event loop; only {@link #answer} and {@link #waitingBytes} are for
 * others, too.
 */
final class PlacedClient {
    /** A request as it came: its deadline goes on while it is held up. */
    record Asked(Frame.Ask ask, long deadlineMs, int bytes) {}

    private final Faults faults;
    private final int at;
    private final Channel channel;
    private final OutQueue out;
    private final Consumer<Asked> taker;
    private final Held<Asked> requests;
    private final Held<byte[]> answers;
    private final AtomicLong waitingBytes = new AtomicLong();
    private long wokenForMs;
    private boolean closed;

    /**
     * @param at id of the node that it is beside
     * @param taker gets the requests that arrive
     */
    PlacedClient(Faults faults, int at, Channel channel, OutQueue out, Consumer<Asked> taker) {
        this.faults = faults;
        this.at = at;
        this.channel = channel;
        this.out = out;
        this.taker = taker;
        this.requests = new Held<>(faults);
        this.answers = new Held<>(faults);
    }

    void ask(Asked asked) {
        LinkRules rules = faults.fromClientsAt(at);
        if (rules == null) {
            pump(); // What was held up comes first.
            taker.accept(asked);
        } else {
            requests.take(rules, asked, asked.bytes(), NodeLoop.realMs());
            pump();
        }
    }

    /** Sends a whole frame. */
    void answer(byte[] frame) {
        waitingBytes.addAndGet(frame.length);
        channel.eventLoop().execute(() -> {
            waitingBytes.addAndGet(-frame.length);
            LinkRules rules = faults.toClientsAt(at);
            if (closed) {
                return;
            }
            if (rules == null) {
                pump();
                write(frame);
            } else {
                answers.take(rules, frame, frame.length, NodeLoop.realMs());
                pump();
            }
        });
    }

    /** Bytes of answers that are on their way here. */
    long waitingBytes() {
        return waitingBytes.get();
    }

    /** Lets through what is due; also to be called when the faults in force have changed. */
    void pump() {
        if (closed) {
            return;
        }
        long nowMs = NodeLoop.realMs();
        LinkRules in = faults.fromClientsAt(at);
        LinkRules back = faults.toClientsAt(at);
        requests.release(in, nowMs, taker);
        answers.release(back, nowMs, this::write);
        long dueMs = Math.min(requests.nextDueMs(in), answers.nextDueMs(back));
        if (dueMs != Long.MAX_VALUE && dueMs != wokenForMs) {
            wokenForMs = dueMs; // One timer for each time: under load there always is something to wait for.
            channel.eventLoop().schedule(this::pump, Math.max(1, dueMs - nowMs), TimeUnit.MILLISECONDS);
        }
    }

    private void write(byte[] frame) {
        BytesWriter bytes = new BytesWriter(frame.length);
        bytes.raw(frame, 0, frame.length);
        out.write(channel, bytes);
    }

    /** The connection is gone. */
    void close() {
        closed = true;
        requests.clear();
        answers.clear();
    }
}
