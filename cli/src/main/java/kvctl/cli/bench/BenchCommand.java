package kvctl.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import kvctl.cli.CliException;
import kvctl.cli.Durations;
import kvctl.cli.ExitCode;
import kvctl.cli.Session;
import kvctl.cli.Stop;
import kvctl.client.KvClient;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kvctl bench}: measures the cluster under load. */
@Command(
        name = "bench",
        header = "Measure throughput, latency and the longest pause under load.",
        description = {
            "%nEach of N clients sends its next request when the last one is answered. Reads are linearizable, writes are "
                    + "puts; the keys stay in the cluster. Percentiles are microseconds as the client sees them. LONGEST GAP is "
                    + "the longest time in which no request at all succeeded. Ctrl-C ends it early and shows what was measured."
        },
        footer = {
            "  kvctl bench",
            "  kvctl bench --clients 64 --mix 95/5 --duration 30s",
            "  kvctl bench --fill --keys 50000 --prefix load:        every key once",
            "  kvctl bench --shards 3 --ops 10000 -o json | jq .longest_gap_ms"
        })
public final class BenchCommand implements Callable<Integer> {
    private static final int CONNECTIONS = 4;
    private static final long STEP_MS = 100;
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    /** For answers after the end; requests time out by themselves before that. */
    private static final long GRACE_MS = 5_000;

    private final Session session;
    private final Supplier<ShardMap> map;
    private final Supplier<KvClient> connect;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "16",
            description = "Requests under way at a time (default 16).")
    private int clients;

    @Option(
            names = "--connections",
            paramLabel = "N",
            description =
                    "Connections to each node that the clients share (default 4, or one per client if these are fewer).")
    private Integer connections;

    @Option(names = "--mix", paramLabel = "R/W", description = "Reads and writes in percent (default 50/50).")
    private String mix;

    @Option(names = "--keys", paramLabel = "N", defaultValue = "1000", description = "Number of keys (default 1000).")
    private int keys;

    @Option(
            names = "--key-size",
            paramLabel = "BYTES",
            defaultValue = "16",
            description = "Length of a key, with its prefix (default 16).")
    private int keyBytes;

    @Option(
            names = "--value-size",
            paramLabel = "BYTES",
            defaultValue = "100",
            description = "Length of a value (default 100).")
    private int valueBytes;

    @Option(names = "--ops", paramLabel = "N", description = "Requests to send, instead of --duration.")
    private Long requests;

    @Option(
            names = "--fill",
            description =
                    "Put every key once, in order, and end with an error if one could not be put. Sends nothing else: no "
                            + "--mix, --ops, --duration or --warmup.")
    private boolean fill;

    @Option(names = "--duration", paramLabel = "TIME", description = "How long to send requests (default 10s).")
    private String duration;

    @Option(
            names = "--warmup",
            paramLabel = "TIME",
            description = "Load before the measurement begins (default 1s; 0 for none).")
    private String warmup;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Decides values and the order of requests (default 1).")
    private long seed;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            defaultValue = "bench:",
            description = "What all keys begin with (default bench:).")
    private String prefix;

    @Option(names = "--shards", paramLabel = "N,N", description = "Only keys of these shards; all if missing.")
    private String shards;

    /**
     * @param map the cluster's map
     * @param connect opens one more connection to the cluster
     */
    public BenchCommand(Session session, Supplier<ShardMap> map, Supplier<KvClient> connect) {
        this.session = session;
        this.map = map;
        this.connect = connect;
    }

    @Override
    public Integer call() {
        try {
            return bench(plan(), new Report(session));
        } catch (InterruptedException e) { // The second Ctrl-C in the REPL.
            Thread.currentThread().interrupt();
            throw new CliException(ExitCode.INTERRUPTED, "Cancelled.", null, e);
        }
    }

    private int bench(Plan plan, Report report) throws InterruptedException {
        byte[][] keySpace = KeySpace.of(plan, map.get().shardGroups().length);
        List<KvClient> open = new ArrayList<>();
        try (Stop stop = new Stop(session)) {
            for (int i = 0; i < plan.connections(); i++) {
                open.add(connect.get());
            }
            warmUp(plan, keySpace, open, stop);
            long count = plan.requests() == 0 ? Long.MAX_VALUE : plan.requests();
            Load load = Load.start(plan, keySpace, open, count, System::nanoTime);
            run(load, plan.durationMs(), stop, true);
            Figures figures = load.statistics().figures(System.nanoTime());
            report.write(plan, figures);
            return end(load.statistics(), figures, stop);
        } finally {
            open.forEach(KvClient::close);
        }
    }

    private Plan plan() {
        if (requests != null && duration != null) {
            throw CliException.usage("--ops and --duration exclude each other.", null);
        }
        if (requests != null && requests < 1) {
            throw CliException.usage("--ops is 1 or more, not " + requests + ".", null);
        }
        if (fill && (requests != null || duration != null || mix != null || warmup != null)) {
            throw CliException.usage("--fill and --mix, --ops, --duration or --warmup exclude each other.", null);
        }
        return new Plan(
                clients,
                connections != null ? connections : Math.max(1, Math.max(Math.min(CONNECTIONS, clients), needed())),
                fill ? 0 : Plan.readPercent(mix == null ? "50/50" : mix),
                keys,
                keyBytes,
                valueBytes,
                fill ? keys : requests == null ? 0 : requests,
                fill || requests != null ? 0 : Durations.parseMs(duration == null ? "10s" : duration),
                fill ? 0 : Durations.parseMs(warmup == null ? "1s" : warmup),
                seed,
                prefix,
                shards == null ? List.of() : Plan.shards(shards),
                fill);
    }

    private int needed() {
        return (int) Math.min(
                Plan.CONNECTIONS_MAX,
                ((long) clients + Plan.CLIENTS_PER_CONNECTION_MAX - 1) / Plan.CLIENTS_PER_CONNECTION_MAX);
    }

    private void warmUp(Plan plan, byte[][] keySpace, List<KvClient> open, Stop stop) throws InterruptedException {
        if (plan.warmupMs() > 0) {
            Load load = Load.start(plan, keySpace, open, Long.MAX_VALUE, System::nanoTime);
            run(load, plan.warmupMs(), stop, false);
            tellFailures("in the warm-up: ", load.statistics());
        }
        if (stop.isAsked()) {
            ExitCode code = stop.code() == ExitCode.TERMINATED.code() ? ExitCode.TERMINATED : ExitCode.INTERRUPTED;
            throw new CliException(code, "Interrupted before the measurement began.", null);
        }
    }

    /** @param ms 0: until all requests are answered */
    private void run(Load load, long ms, Stop stop, boolean tell) throws InterruptedException {
        long beginNs = System.nanoTime();
        long seconds = 0;
        Figures before = null;
        long waitMs = ms == 0 ? STEP_MS : Math.min(ms, STEP_MS);
        while (waitMs > 0 && !stop.isAsked() && !load.await(waitMs)) {
            long nowNs = System.nanoTime();
            if (tell && nowNs - beginNs >= (seconds + 1) * SECOND_NS) {
                Figures now = load.statistics().figures(nowNs);
                seconds = (nowNs - beginNs) / SECOND_NS;
                tell(seconds, before, now);
                before = now;
            }
            long leftMs = ms - (nowNs - beginNs) / 1_000_000;
            waitMs = ms == 0 ? STEP_MS : Math.min(leftMs, STEP_MS);
        }
        load.stop();
        load.await(session.settings().requestMs() + GRACE_MS);
    }

    private void tell(long second, Figures before, Figures now) {
        if (!session.console().errIsTty()) {
            return;
        }
        long count = now.all().count() - (before == null ? 0 : before.all().count());
        long sinceNs = now.durationNs() - (before == null ? 0 : before.durationNs());
        session.note(String.format(
                java.util.Locale.ROOT,
                "%4d s  %8d ops/s  errors %d  unknown %d  longest gap %s",
                second,
                Math.round(count * 1e9 / Math.max(1, sinceNs)),
                now.errors(),
                now.unknown(),
                Durations.text(now.longestGapMs())));
    }

    private void tellFailures(String when, Statistics statistics) {
        String failures = statistics.failures();
        if (failures != null) {
            session.note(when + failures);
        }
    }

    private int end(Statistics statistics, Figures figures, Stop stop) {
        boolean failed =
                fill ? figures.errors() + figures.unknown() > 0 : figures.all().count() == 0;
        boolean ends = failed && !stop.isAsked() && statistics.lastFailure() != null;
        if (fill || !ends) { // One failure may stand for all if nothing succeeded, but not for some keys of many.
            tellFailures("failed: ", statistics);
        }
        if (ends) {
            throw statistics.lastFailure();
        }
        return stop.code();
    }
}
