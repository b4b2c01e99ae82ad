package kvctl.cli.launch;

import java.io.IOException;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Stops node processes for moments, one at a time, most of them shorter than an election, some longer: what an unreliable
 * network looks like to nodes whose links can't be broken. Messages are late by that much, and many at once; none is lost.
 */
final class Unrest {
    private static final int SHORT_MS = 200;
    private static final int LONG_MS = 1200;
    private static final int CALM_MS = 150;

    private final ShardCluster cluster;
    private final Random random;
    private final CountDownLatch end = new CountDownLatch(1);
    private final Thread thread;
    private int stops;
    private Exception failure;

    private Unrest(ShardCluster cluster, long seed) {
        this.cluster = cluster;
        this.random = new Random(seed);
        this.thread = new Thread(this::run, "unrest");
        thread.setDaemon(true);
    }

    static Unrest begin(ShardCluster cluster, long seed) {
        Unrest unrest = new Unrest(cluster, seed);
        unrest.thread.start();
        return unrest;
    }

    private void run() {
        try {
            while (!end.await(random.nextInt(CALM_MS), TimeUnit.MILLISECONDS)) {
                stopOne(
                        1 + random.nextInt(cluster.nodes()),
                        random.nextInt(random.nextInt(10) == 0 ? LONG_MS : SHORT_MS));
            }
        } catch (IOException | InterruptedException e) {
            failure = e;
        }
    }

    private void stopOne(int node, int forMs) throws IOException, InterruptedException {
        stops++;
        cluster.pause(node);
        try {
            end.await(forMs, TimeUnit.MILLISECONDS);
        } finally {
            cluster.resume(node);
        }
    }

    /** @return how often a node was stopped */
    int end() throws InterruptedException {
        end.countDown();
        thread.join();
        if (failure != null) {
            throw new AssertionError("the unrest ended early", failure);
        }
        return stops;
    }
}
