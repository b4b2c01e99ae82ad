package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;

/**
 * Looks at the cluster in the background, so that the REPL's prompt, completion and notices never wait for it. It has a
 * connection of its own. {@link #latest} and {@link #keys} may be called from any thread.
 */
final class ClusterPoll implements AutoCloseable {
    private static final long EVERY_MS = 700;
    private static final long REQUEST_MS = 600;
    private static final long KEYS_FRESH_MS = 1_000;

    private final Map<String, String> env;
    private final Consumer<List<String>> looked;
    private final Thread thread;
    private volatile String cluster;
    private volatile Seen latest = new Seen(null, null, 0);
    private volatile KvClient client;
    private volatile boolean closed;
    private volatile Keys keys;
    private Target target;
    private boolean lost;

    /**
     * What was seen last.
     *
     * @param name of the cluster; null if none is running
     * @param view null if no node answered
     * @param atNs when, by the clock of {@link System#nanoTime}
     */
    record Seen(String name, ClusterView view, long atNs) {
        long ageMs() {
            return (System.nanoTime() - atNs) / 1_000_000;
        }
    }

    private record Keys(String prefix, List<byte[]> found, long atNs) {}

    /** @param looked told after each look what has changed, often nothing; on the thread of the poll */
    ClusterPoll(Map<String, String> env, String cluster, Consumer<List<String>> looked) {
        this.env = env;
        this.cluster = cluster;
        this.looked = looked;
        this.thread = new Thread(this::run, "kvctl-poll");
        thread.setDaemon(true);
        thread.start();
    }

    Seen latest() {
        return latest;
    }

    /** Follows another cluster. */
    void follow(String name) {
        cluster = name;
    }

    /** Keys with this prefix, at most {@code limit}; few or none if the answer does not come within {@code waitMs}. */
    List<byte[]> keys(String prefix, int limit, long waitMs) {
        Keys known = keys;
        if (known != null
                && known.prefix().equals(prefix)
                && (System.nanoTime() - known.atNs()) / 1_000_000 < KEYS_FRESH_MS) {
            return known.found();
        }
        KvClient open = client;
        if (open == null) {
            return List.of();
        }
        try {
            List<byte[]> found = new ArrayList<>();
            List<Response.Row> rows =
                    open.scan(Bytes.of(prefix), new byte[0], limit).rest().get(waitMs, TimeUnit.MILLISECONDS);
            rows.forEach(row -> found.add(row.key()));
            keys = new Keys(prefix, found, System.nanoTime());
            return found;
        } catch (ExecutionException | TimeoutException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private void run() {
        while (!closed) {
            try {
                look();
            } catch (RuntimeException e) {
                latest = new Seen(latest.name(), null, System.nanoTime());
            }
            synchronized (this) {
                notifyAll();
                try {
                    if (!closed) {
                        wait(EVERY_MS);
                    }
                } catch (InterruptedException e) {
                    return;
                }
            }
        }
    }

    /** Waits until the first look is over, at most so long. */
    synchronized void awaitFirst(long ms) {
        long end = System.nanoTime() + ms * 1_000_000;
        try {
            while (latest.atNs() == 0 && System.nanoTime() < end) {
                wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        Target now;
        try {
            now = Target.find(env, cluster);
        } catch (CliException e) {
            now = null;
        }
        if (now == null || !now.equals(target)) {
            disconnect();
            target = now;
            client = now == null ? null : now.connect(REQUEST_MS);
        }
        ClusterView before = latest.view();
        ClusterView view = target == null ? null : ask(before == null ? null : before.map());
        latest = new Seen(target == null ? null : target.name(), view, System.nanoTime());
        looked.accept(news(before, view));
    }

    private ClusterView ask(ShardMap known) {
        try {
            CompletableFuture<ClusterView> asked = ClusterView.ask(client, known);
            return asked.get(3 * REQUEST_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | CompletionException | TimeoutException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private List<String> news(ClusterView before, ClusterView now) {
        List<String> news = new ArrayList<>();
        boolean answers = now != null && now.up() > 0;
        if (before != null && before.up() > 0 && !answers && !lost) {
            lost = true;
            news.add("connection lost: no node answers; trying again");
            return news;
        }
        if (lost && answers) {
            lost = false;
            news.add("connected again: " + now.up() + " of " + now.nodes().size() + " nodes answer");
            return news;
        }
        if (before == null
                || now == null
                || lost
                || !before.map().clusterId().equals(now.map().clusterId())) {
            return news;
        }
        for (ClusterView.Node node : now.nodes()) {
            ClusterView.Node old = before.node(node.place().nodeId());
            if (old != null && old.isUp() != node.isUp()) {
                news.add(node.place().name() + (node.isUp() ? " is back" : " does not answer" + why(node.problem())));
            }
        }
        for (ShardMap.Group group : now.map().groups()) {
            leaderNews(before, now, group, news);
        }
        moveNews(before.map(), now.map(), news);
        return news;
    }

    private static void moveNews(ShardMap before, ShardMap now, List<String> news) {
        if (now.revision() <= before.revision()) {
            return; // Another node answered this time, and knows less.
        }
        if (now.number() > before.number()) {
            news.add("configuration " + now.number() + ": "
                    + (now.moves() == 0 ? "nothing moves" : Changes.shards(now.moves()) + " on the way"));
        } else if (now.moves() == 0 && before.moves() > 0) {
            news.add("all shards are where configuration " + now.number() + " has them");
        }
    }

    private static String why(KvException problem) {
        return problem.code() == KvException.Code.UNREACHABLE ? " (down)" : " (silent)";
    }

    private static void leaderNews(ClusterView before, ClusterView now, ShardMap.Group group, List<String> news) {
        ClusterView.Node old = before.leader(group.groupId());
        ClusterView.Node leader = now.leader(group.groupId());
        String from = old == null ? "none" : old.place().name();
        String to = leader == null ? "none" : leader.place().name();
        if (from.equals(to)) {
            return;
        }
        NodeStatus.Replica led = leader == null ? null : leader.replica(group.groupId());
        String term = led == null ? "" : " (term " + led.term() + ")";
        news.add(group.name() + ": leader " + from + " -> " + to + term);
    }

    private void disconnect() {
        KvClient old = client;
        client = null;
        lost = false;
        latest = new Seen(null, null, 0);
        if (old != null) {
            old.close();
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        thread.interrupt();
        KvClient open = client;
        if (open != null) {
            open.close();
        }
    }
}
