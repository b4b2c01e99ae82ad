package kvctl.cli.verify;

import static kvctl.cli.verify.Needs.Power.FAULTS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import kvctl.client.KvClient;
import kvctl.client.Result;

/** The course's lock on compare-and-set: never two holders, whatever the network does. */
final class LockCases {
    private static final byte[] FREE = Lab.bytes("free");
    private static final long STEP_MS = 10;

    /** Fewer prove nothing. */
    private static final int LEAST = 2;

    /** A holder whose release was lost must come to its end. */
    private static final long END_MS = 30_000;

    private final Lab lab;
    private final byte[] lock;
    private final AtomicInteger holders = new AtomicInteger();
    private final AtomicInteger mostHolders = new AtomicInteger();
    private final AtomicInteger times = new AtomicInteger();
    private volatile boolean stopped;

    private LockCases(Lab lab, byte[] lock) {
        this.lab = lab;
        this.lock = lock;
    }

    static List<Scenario> all() {
        return List.of(
                lock("OneClientReliable", 1, false),
                lock("ManyClientsReliable", 10, false),
                lock("OneClientUnreliable", 1, true),
                lock("ManyClientsUnreliable", 10, true));
    }

    private static Scenario lock(String name, int clients, boolean unreliable) {
        String what = (clients == 1
                        ? "one client takes the lock and gives it back"
                        : clients + " clients take the lock and give it back")
                + (unreliable ? ", on an unreliable network" : "");
        return Scenario.real(
                Suite.LOCK,
                name,
                unreliable ? Needs.of(3, FAULTS) : Needs.of(3),
                what,
                lab -> run(lab, clients, unreliable));
    }

    private static void run(Lab lab, int clients, boolean unreliable) {
        Team team = lab.group(3);
        Trouble net = unreliable ? team.unreliable() : null;
        List<KvClient> connections = team.clients(clients, unreliable);
        LockCases cases = new LockCases(lab, team.key("lock"));
        lab.atEnd(() -> cases.stopped = true);
        List<Holder> holders = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            holders.add(cases.new Holder(connections.get(i % connections.size()), "c" + i));
        }
        holders.forEach(Holder::ask);
        lab.sleep(unreliable ? lab.pick(2_500, 6_000) : lab.pick(1_000, 2_000));
        cases.stopped = true;
        if (net != null) {
            net.heal();
        }
        cases.end(holders);
    }

    private void end(List<Holder> all) {
        boolean ended = lab.until(() -> all.stream().noneMatch(holder -> holder.busy), lab.lenient(END_MS));
        lab.expect(ended, "all clients to end", "some have not");
        lab.count("taken", times.get());
        lab.promise(mostHolders.get() <= 1, "one holder at a time", mostHolders.get() + " at once");
        lab.expect(times.get() > LEAST, "a lock that is taken more than " + LEAST + " times", times + " times");
        lab.say("taken %d times, never by two", times.get());
    }

    /** A client that takes the lock, holds it, gives it back, and begins again. */
    private final class Holder {
        private final KvClient client;
        private final byte[] name;
        private volatile boolean busy = true;

        Holder(KvClient client, String name) {
            this.client = client;
            this.name = Lab.bytes(name);
        }

        void ask() {
            if (stopped) {
                busy = false;
                return;
            }
            client.getAsync(lock).whenComplete((result, thrown) -> {
                if (thrown == null && result.value() != null && Arrays.equals(result.value(), name)) {
                    hold(result.version()); // An attempt whose answer was lost has taken it.
                } else if (thrown == null && (result.value() == null || Arrays.equals(result.value(), FREE))) {
                    client.casAsync(lock, result.version(), name).whenComplete(this::asked);
                } else {
                    later(this::ask);
                }
            });
        }

        private void asked(Result result, Throwable thrown) {
            if (thrown == null && result.done()) {
                hold(result.version());
            } else {
                later(this::ask);
            }
        }

        private void hold(long version) {
            mostHolders.accumulateAndGet(holders.incrementAndGet(), Math::max);
            times.incrementAndGet();
            later(() -> {
                holders.decrementAndGet();
                release(version);
            });
        }

        private void release(long version) {
            client.casAsync(lock, version, FREE).whenComplete((result, thrown) -> {
                if (thrown == null) {
                    later(this::ask);
                } else {
                    later(() -> release(version));
                }
            });
        }

        private void later(Runnable next) {
            CompletableFuture.delayedExecutor(STEP_MS, TimeUnit.MILLISECONDS).execute(next);
        }
    }
}
