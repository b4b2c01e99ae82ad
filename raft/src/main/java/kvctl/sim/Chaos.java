package kvctl.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Breaks processes, disks and links at the rates that {@link Faults} and {@link LinkFaults} have drawn for a seed, and
 * puts everything right again at the end. The same for one group and for a whole cluster; what is different is
 * {@link Target}'s.
 */
public final class Chaos {
    private static final int SOON_MS = 50;
    private static final int LATER_MS = 800;
    private static final int SHORT_PAUSE_MS = 200;
    private static final int SHORT_PARTITION_MS = 300;
    private static final int SLOW_DISK_US = 20_000;

    /** What is broken. */
    public interface Target {
        List<Integer> nodeIds();

        SimProcess process(int nodeId);

        SimNetwork<?> network();

        /** Somebody who leads, 0 if nobody does. */
        int leader(RandomGenerator dice);

        void crash(int nodeId);

        /** Crashes a process and takes back what its disk has promised, if data survives that; false if not. */
        boolean rollBack(int nodeId, RandomGenerator dice);

        /** One of the next writes fails, and ends the process. */
        void breakDisk(int nodeId, RandomGenerator dice);

        /** What to do when a broken disk has ended a process. */
        void onDiskFailure(Consumer<SimProcess> reaction);

        /** A save takes so long in the mean; 0 is as long as usual. */
        void diskLatency(int nodeId, long meanUs);

        /** Asks for another leader. */
        void transfer(RandomGenerator dice);
    }

    private final Simulation simulation;
    private final Target target;
    private final LinkFaults links;
    private final Faults faults;
    private final RandomGenerator random;
    private boolean over;
    private int count;

    public Chaos(Simulation simulation, Target target, LinkFaults links, Faults faults) {
        this.simulation = simulation;
        this.target = target;
        this.links = links;
        this.faults = faults;
        this.random = simulation.random("chaos");
    }

    /** Faults injected so far, those of links not counted. */
    public int count() {
        return count;
    }

    /** Gives every process a clock of its own; before they are started. */
    public void setClocks() {
        RandomGenerator clocks = simulation.random("clocks");
        for (int nodeId : target.nodeIds()) {
            double drift = faults.clockDrift() * (2 * clocks.nextDouble() - 1);
            target.process(nodeId).clock(1 + drift, clocks.nextInt(100_000));
        }
    }

    public void begin() {
        target.network().faults(links);
        target.onDiskFailure(process -> startLater(process.nodeId()));
        every(faults.crashMs(), () -> crash(victim()));
        every(faults.powerCutMs(), () -> target.nodeIds().forEach(this::crash));
        every(faults.rollbackMs(), this::rollBack);
        every(faults.pauseMs(), this::pause);
        every(faults.partitionMs(), this::partition);
        every(faults.diskErrorMs(), () -> target.breakDisk(victim(), random));
        every(faults.slowDiskMs(), this::slowDisk);
        every(faults.transferMs(), () -> target.transfer(random));
    }

    /** Heals everything: links, disks and processes. */
    public void end() {
        over = true;
        target.onDiskFailure(SimProcess::start);
        target.network().faults(LinkFaults.NONE);
        target.network().healAll();
        for (int nodeId : target.nodeIds()) {
            target.diskLatency(nodeId, 0);
            SimProcess process = target.process(nodeId);
            if (!process.up()) {
                process.start();
            } else if (process.paused()) {
                process.resume();
            }
        }
    }

    /** Does something at random times until the chaos ends, and counts it as a fault; never if {@code meanMs} is 0. */
    public void every(int meanMs, Runnable fault) {
        simulation.repeat(random, meanMs, () -> over, () -> {
            count++;
            fault.run();
        });
    }

    /** Repairs something after a random time, unless the chaos ends before. */
    public void later(int meanMs, Runnable repair) {
        simulation.after(Simulation.exponential(random, meanMs * 1000L), () -> {
            if (!over) {
                repair.run();
            }
        });
    }

    /** The nodes in any order. */
    public List<Integer> shuffled() {
        List<Integer> order = new ArrayList<>(target.nodeIds());
        for (int i = order.size() - 1; i > 0; i--) {
            order.set(i, order.set(random.nextInt(i + 1), order.get(i)));
        }
        return order;
    }

    /** A leader in half of the cases: that is where it hurts. */
    private int victim() {
        int leader = target.leader(random);
        return leader != 0 && random.nextBoolean()
                ? leader
                : 1 + random.nextInt(target.nodeIds().size());
    }

    private void crash(int nodeId) {
        if (target.process(nodeId).up()) {
            target.crash(nodeId);
            startLater(nodeId);
        }
    }

    private void startLater(int nodeId) {
        later(random.nextBoolean() ? SOON_MS : LATER_MS, () -> {
            if (!target.process(nodeId).up()) {
                target.process(nodeId).start();
            }
        });
    }

    private void rollBack() {
        int nodeId = victim();
        if (target.rollBack(nodeId, random)) {
            startLater(nodeId);
        }
    }

    private void pause() {
        SimProcess process = target.process(victim());
        if (process.runs()) {
            process.pause();
            int incarnation = process.incarnation();
            later(random.nextBoolean() ? SHORT_PAUSE_MS : faults.longMs(), () -> {
                if (process.paused() && process.incarnation() == incarnation) {
                    process.resume();
                }
            });
        }
    }

    private void slowDisk() {
        int nodeId = victim();
        target.diskLatency(nodeId, random.nextBoolean() ? SLOW_DISK_US : faults.longMs() * 200L);
        later(faults.longMs() * 2 / 3, () -> target.diskLatency(nodeId, 0));
    }

    private void partition() {
        List<Integer> order = shuffled();
        int split = 1 + random.nextInt(order.size() - 1);
        List<Integer> left = order.subList(0, split);
        List<Integer> right = order.subList(split, order.size());
        SimNetwork<?> network = target.network();
        switch (random.nextInt(5)) {
            case 0 -> network.partition(List.of(left, right));
            case 1 -> network.partition(List.of(left, bridged(left.get(0), right)));
            case 2 -> network.isolate(victim());
            case 3 -> network.cut(order.get(0), order.get(1));
            default -> right.forEach(to -> network.cut(left.get(0), to));
        }
        simulation.trace().comment(simulation.nowUs(), () -> "links are cut");
        later(random.nextBoolean() ? SHORT_PARTITION_MS : faults.longMs(), () -> {
            network.healAll();
            simulation.trace().comment(simulation.nowUs(), () -> "links are healed");
        });
    }

    private static List<Integer> bridged(int bridge, List<Integer> part) {
        List<Integer> joined = new ArrayList<>(part);
        joined.add(bridge);
        return joined;
    }
}
