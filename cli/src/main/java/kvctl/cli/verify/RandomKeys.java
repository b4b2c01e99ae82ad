package kvctl.cli.verify;

import java.util.List;
import kvctl.check.History;
import kvctl.check.MinimumLoad;
import kvctl.check.Recorder;
import kvctl.check.Verdict;
import kvctl.cli.check.CheckLoad;
import kvctl.cli.check.Judge;
import kvctl.client.KvClient;

/** All operations on some keys by all clients: what {@code kvctl check} runs. */
final class RandomKeys implements Load {
    private static final long END_MS = 30_000;

    /** Fewer answers for each client prove nothing; on a slow machine a load goes on until it has them. */
    private static final int LEAST = 5;

    private static final long LEAST_MS = 60_000;

    private final Lab lab;
    private final List<KvClient> connections;
    private final CheckLoad.Options options;
    private final Recorder recorder = new Recorder(System::nanoTime);
    private CheckLoad running;
    private long answered;
    private int rounds;

    /** @param options each start has a seed, and keys, of its own */
    RandomKeys(Lab lab, List<KvClient> connections, CheckLoad.Options options) {
        this.lab = lab;
        this.connections = connections;
        this.options = options;
    }

    @Override
    public void start() {
        CheckLoad.Options round = new CheckLoad.Options(
                options.clients(),
                options.keys(),
                options.seed() + rounds,
                options.thinkMs(),
                options.prefix() + rounds++ + "-");
        running = CheckLoad.start(recorder, connections, round);
        lab.atEnd(running::stop);
    }

    @Override
    public void stop() {
        lab.until(() -> answered() >= least(), lab.lenient(LEAST_MS));
        running.stop();
        lab.expect(lab.until(this::isIdle, lab.lenient(END_MS)), "all requests of the load to end", "some have no end");
        answered += running.answered();
        running = null;
    }

    private long least() {
        return (long) LEAST * options.clients();
    }

    private boolean isIdle() {
        try {
            return running.await(0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public long answered() {
        return answered + (running == null ? 0 : running.answered());
    }

    @Override
    public void check() {
        lab.expect(answered >= least(), least() + " answered requests", answered + " of them");
        History history = recorder.history();
        Verdict verdict = Judge.verdict(history, new MinimumLoad(1, 1, 0, List.of(), 0));
        lab.count("operations", history.operations().size());
        lab.expect(verdict.kind() != Verdict.Kind.UNKNOWN, "a history that can be judged", verdict.reason());
        lab.promise(verdict.kind() == Verdict.Kind.OK, "a linearizable history", verdict.toString());
        lab.say("%d operations, linearizable", history.operations().size());
    }
}
