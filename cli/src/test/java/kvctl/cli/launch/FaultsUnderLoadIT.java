package kvctl.cli.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.client.Result;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real node processes under a steadily writing client: leaders killed, everything killed at once, leaders stopped. Every
 * writer appends 1, 2, 3, ... to a key of its own; at the end each key holds every acknowledged number once and in order,
 * and none twice. Prints the longest time without any acknowledged write.
 *
 * <p>Few rounds by default; {@code -Dkvctl.rounds=full} runs 20 leader kills, 5 kills of all and 10 stops.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
@Tag("alone")
final class FaultsUnderLoadIT {
    private static final boolean FULL = "full".equals(System.getProperty("kvctl.rounds"));
    private static final int WRITERS = 6;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path temp;

    private final List<Writer> writers = new ArrayList<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private final Gap gap = new Gap();
    private Kvctl kvctl;
    private KvClient client;

    @BeforeEach
    void up() throws Exception {
        kvctl = new Kvctl(temp.resolve("home"));
        int port = kvctl.basePort();
        kvctl.run("cluster", "up", "--base-port", "" + port, "--groups", "2", "--detach")
                .succeeds();
        client = KvClient.builder()
                .endpoints(List.of("127.0.0.1:" + port, "127.0.0.1:" + (port + 1), "127.0.0.1:" + (port + 2)))
                .requestTimeoutMs(30_000)
                .build();
        for (int i = 0; i < WRITERS; i++) {
            writers.add(new Writer("writer-" + i));
        }
        writers.forEach(Thread::start);
        awaitWrites();
    }

    @AfterEach
    void down() throws Exception {
        writers.forEach(writer -> writer.stop = true);
        client.close();
        kvctl.cleanUp();
    }

    @Test
    void killedLeadersLoseNothing() throws Exception {
        for (int round = 0; round < (FULL ? 20 : 2); round++) {
            String leader = leader(round % 2 == 0 ? "g1" : "g2");
            kvctl.run("kill", leader).succeeds();
            awaitWrites();
            kvctl.run("start", leader).succeeds();
            awaitHealthy();
        }
        verify("kill -9 of the leader", FULL ? 20 : 2);
    }

    @Test
    void killOfAllNodesLosesNothing() throws Exception {
        for (int round = 0; round < (FULL ? 5 : 1); round++) {
            kvctl.run("kill", "all").succeeds();
            kvctl.run("start", "all").succeeds();
            awaitHealthy();
            awaitWrites();
        }
        verify("kill -9 of all nodes", FULL ? 5 : 1);
    }

    @Test
    void stoppedLeadersLoseNothing() throws Exception {
        for (int round = 0; round < (FULL ? 10 : 1); round++) {
            String leader = leader(round % 2 == 0 ? "g1" : "g2");
            kvctl.run("pause", leader).succeeds();
            awaitWrites();
            kvctl.run("resume", leader).succeeds();
            awaitHealthy();
        }
        verify("SIGSTOP of the leader", FULL ? 10 : 1);
    }

    /** Every writer gets some more acknowledged. */
    private void awaitWrites() {
        List<Integer> before =
                writers.stream().map(writer -> writer.confirmed.get()).toList();
        Awaitility.await().atMost(PATIENCE).until(() -> {
            for (int i = 0; i < writers.size(); i++) {
                if (writers.get(i).confirmed.get() < before.get(i) + 3) {
                    return false;
                }
            }
            return true;
        });
    }

    private void awaitHealthy() throws Exception {
        kvctl.run("-e", "wait healthy --timeout 60s").succeeds();
    }

    private String leader(String group) throws Exception {
        String[] found = {""};
        Awaitility.await().atMost(PATIENCE).until(() -> {
            for (int id = 1; id <= 3; id++) {
                var status = client.await(client.statusAsync(id));
                for (var replica : status.replicas()) {
                    if (replica.group().equals(group) && replica.role().equals("leader")) {
                        found[0] = status.name();
                    }
                }
            }
            return !found[0].isEmpty();
        });
        return found[0];
    }

    private void verify(String fault, int rounds) throws InterruptedException {
        for (Writer writer : writers) {
            writer.stop = true;
        }
        int unknown = 0;
        for (Writer writer : writers) {
            writer.join();
            writer.verify();
            unknown += writer.unknown.size();
        }
        System.out.printf(
                "%s, %d rounds: %d acknowledged writes, %d unknown, longest gap in service %d ms%n",
                fault, rounds, acknowledged.get(), unknown, gap.longestMs());
        assertThat(acknowledged.get()).isGreaterThan((long) rounds * WRITERS);
    }

    /** The longest time between two acknowledgements, whoever got them; the cluster's start does not count. */
    private static final class Gap {
        private long lastNanos;
        private long longestNanos;

        synchronized void acknowledged() {
            long now = System.nanoTime();
            longestNanos = lastNanos == 0 ? 0 : Math.max(longestNanos, now - lastNanos);
            lastNanos = now;
        }

        synchronized long longestMs() {
            return TimeUnit.NANOSECONDS.toMillis(longestNanos);
        }
    }

    private final class Writer extends Thread {
        private final byte[] key;
        private final TreeSet<Integer> known = new TreeSet<>();
        private final TreeSet<Integer> unknown = new TreeSet<>();
        private final AtomicInteger confirmed = new AtomicInteger();
        private volatile boolean stop;
        private volatile Throwable failure;

        Writer(String key) {
            this.key = key.getBytes(UTF_8);
            setDaemon(true);
        }

        @Override
        public void run() {
            try {
                for (int number = 1; !stop; number++) {
                    append(number);
                }
            } catch (RuntimeException e) {
                failure = e;
            }
        }

        private void append(int number) {
            try {
                client.append(key, (number + ";").getBytes(UTF_8));
                known.add(number);
                gap.acknowledged();
                acknowledged.incrementAndGet();
                confirmed.incrementAndGet();
            } catch (KvException e) {
                if (e.outcome() == KvException.Outcome.UNKNOWN) {
                    unknown.add(number);
                }
            }
        }

        void verify() {
            assertThat(failure).isNull();
            Result result = client.get(key);
            List<Integer> stored = new String(result.value(), UTF_8)
                    .lines()
                    .flatMap(line -> List.of(line.split(";")).stream())
                    .map(Integer::valueOf)
                    .toList();
            assertThat(stored).as("in order, none twice").isSorted().doesNotHaveDuplicates();
            assertThat(stored).as("no acknowledged write is missing").containsAll(known);
            TreeSet<Integer> possible = new TreeSet<>(known);
            possible.addAll(unknown);
            assertThat(possible).as("nothing that was refused").containsAll(stored);
        }
    }
}
