package kvctl.node.fault;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import kvctl.protocol.Fault;

/** A rule in force: its dice and how often it was met. Survives changes of the other rules. */
final class Rule {
    /** What is rolled for messages is not disturbed by what is rolled for clients: they are on different threads. */
    enum Traffic {
        MESSAGES,
        CLIENTS
    }

    private final Fault fault;
    private final SplittableRandom ofMessages;
    private final SplittableRandom ofClients;
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();

    Rule(Fault fault, SplittableRandom dice) {
        this.fault = fault;
        this.ofMessages = dice.split();
        this.ofClients = dice.split();
    }

    Fault fault() {
        return fault;
    }

    long hits() {
        return hits.get();
    }

    void hit() {
        hits.incrementAndGet();
    }

    long lost() {
        return lost.get();
    }

    /** It held back more than there is room for. */
    void hitAndLose() {
        hit();
        lost.incrementAndGet();
    }

    SplittableRandom dice(Traffic traffic) {
        return traffic == Traffic.MESSAGES ? ofMessages : ofClients;
    }
}
