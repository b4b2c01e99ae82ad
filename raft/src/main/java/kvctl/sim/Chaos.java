package kvctl.sim;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Breaks processes, disks and links at the rates that {@link Faults} and {@link LinkFaults} have drawn for a seed, and
 * puts everything right again at the end. The same for one group and for a whole cluster; what is different is
 * {@link Target}'s. What it did is in a {@link Timetable}, and can be done again, in whole or in part.
 */
public final class Chaos {
    private static final int SOON_MS = 50;
    private static final int LATER_MS = 800;
    private static final int SHORT_PAUSE_MS = 200;
    private static final int SHORT_PARTITION_MS = 300;
    private static final int SLOW_DISK_US = 20_000;
    private static final ToLongFunction<RandomGenerator> DOWN_US = Fault.about(SOON_MS, LATER_MS);

    /** What is broken. */
    public interface Target {
        List<Integer> nodeIds();

        SimProcess process(int nodeId);

        SimNetwork<?> network();

        /** Somebody who leads, 0 if nobody does. */
        int leader(RandomGenerator dice);

        void crash(int nodeId);

        /** Crashes a process and takes back what its disk has promised; null if data would not survive that. */
        Fault rollBack(int nodeId, RandomGenerator dice);

        /** One of the next writes fails, and ends the process. */
        Fault breakDisk(int nodeId, RandomGenerator dice);

        /** What to do when a broken disk has ended a process. */
        void onDiskFailure(Consumer<SimProcess> reaction);

        /** A save takes so long in the mean; 0 is as long as usual. */
        void diskLatency(int nodeId, long meanUs);

        /** Asks for another leader; null if there is nobody to ask. */
        Fault transfer(RandomGenerator dice);
    }

    /** Is told what is in force; each beginning has one end, or the end of the chaos. */
    public interface Watcher {
        void begins(Fault.Kind kind);

        void ends(Fault.Kind kind);
    }

    /**
     * What to do again.
     *
     * @param kept numbers of the timetable
     */
    public record Again(Timetable timetable, Set<Integer> kept) {}

    private static final Watcher NOBODY = new Watcher() {
        @Override
        public void begins(Fault.Kind kind) {}

        @Override
        public void ends(Fault.Kind kind) {}
    };

    private final Simulation simulation;
    private final List<InForce> cuts = new ArrayList<>();
    private final Target target;
    private final LinkFaults links;
    private final Faults faults;
    private final RandomGenerator random;
    private final Timetable timetable;

    /** Null: faults are drawn, and written down. */
    private final Set<Integer> kept;

    private final TreeMap<Integer, Iterator<Long>> restartsUs = new TreeMap<>();
    private Watcher watcher = NOBODY;
    private int standing;
    private int streams;
    private boolean over;
    private int count;

    /** Draws what it does from the simulation's seed. */
    public Chaos(Simulation simulation, Target target, LinkFaults links, Faults faults) {
        this(simulation, target, links, faults, null);
    }

    /**
     * Does again what another chaos did; links and faults must be the same.
     *
     * @param again null: draws
     */
    public Chaos(Simulation simulation, Target target, LinkFaults links, Faults faults, Again again) {
        this.simulation = simulation;
        this.target = target;
        this.links = links;
        this.faults = faults;
        this.random = simulation.random("chaos");
        this.timetable = again == null ? new Timetable() : again.timetable();
        this.kept = again == null ? null : Set.copyOf(again.kept());
    }

    /** Whoever wants to know what is in force. */
    public void watch(Watcher newWatcher) {
        watcher = newWatcher;
    }

    /** What was done so far, or what is done again. */
    public Timetable timetable() {
        return timetable;
    }

    /** Faults injected so far, those of links not counted. */
    public int count() {
        return count;
    }

    /** Gives every process a clock of its own; before they are started. */
    public void setClocks() {
        RandomGenerator clocks = simulation.random("clocks");
        double most = faults.clockDrift();
        boolean drifts = stands(Fault.Kind.CLOCK, most > 0, "clocks run up to " + percent(most) + " fast or slow");
        for (int nodeId : target.nodeIds()) {
            double drift = most * (2 * clocks.nextDouble() - 1);
            target.process(nodeId).clock(1 + (drifts ? drift : 0), clocks.nextInt(100_000));
        }
    }

    static String percent(double share) {
        return Math.round(share * 100) + " %";
    }

    public void begin() {
        LinkFaults standingLinks = links;
        for (Fault.Kind kind : LinkFaults.KINDS) {
            if (links.has(kind) && !stands(kind, true, "links: " + links.text(kind))) {
                standingLinks = standingLinks.without(kind);
            }
        }
        target.network().faults(standingLinks);
        target.onDiskFailure(this::diskFailed);
        every(faults.crashMs(), this::kill);
        every(faults.powerCutMs(), this::powerCut);
        every(faults.rollbackMs(), () -> target.rollBack(victim(), random));
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

    // --- when ---

    /** A fault that holds from now to the end, if the seed has drawn it; false if it does not, or is left out. */
    public boolean stands(Fault.Kind kind, boolean isDrawn, String text) {
        if (!isDrawn) {
            return false;
        }
        standing++;
        if (kept == null) {
            timetable.standing(kind, text);
        } else if (!kept.contains(standing)) {
            return false;
        }
        watcher.begins(kind);
        tell("fault " + standing + ": " + text);
        return true;
    }

    /**
     * Draws and does something at random times until the chaos ends, and counts it as a fault; never if {@code meanMs} is 0.
     *
     * @param drawn may return null: nothing to do
     */
    public void every(int meanMs, Supplier<Fault> drawn) {
        every(random, meanMs, drawn);
    }

    /** The same with dice of its own, which leaves what all others draw as it is. */
    public void every(RandomGenerator dice, int meanMs, Supplier<Fault> drawn) {
        if (kept != null) {
            again(timetable.stream(streams++).iterator());
            return;
        }
        List<Timetable.Firing> stream = timetable.stream();
        simulation.repeat(dice, meanMs, () -> over, () -> {
            count++;
            Timetable.Firing firing = new Timetable.Firing(simulation.nowUs(), drawn.get());
            stream.add(firing);
            fire(firing, dice);
        });
    }

    /** Passes every time of the stream, also those at which nothing is to be done: so the order of all events is the same. */
    private void again(Iterator<Timetable.Firing> stream) {
        if (!stream.hasNext()) {
            return;
        }
        Timetable.Firing firing = stream.next();
        simulation.after(firing.atUs - simulation.nowUs(), () -> {
            if (!over) {
                if (kept.contains(firing.number)) {
                    count++;
                    fire(firing, random);
                }
                again(stream);
            }
        });
    }

    private void fire(Timetable.Firing firing, RandomGenerator dice) {
        Fault fault = firing.fault;
        for (int i = 0; fault != null && i < fault.parts().size(); i++) {
            Runnable end = fault.parts().get(i).deed().doTo(target);
            if (end == null) {
                continue;
            }
            if (kept == null) {
                timetable.done(firing);
            }
            tell("fault " + firing.number + ": " + fault.text());
            if (end == Fault.NO_END) {
                firing.lastsUs[i] = 0;
                continue;
            }
            if (kept == null) {
                firing.lastsUs[i] = fault.parts().get(i).lastsUs().applyAsLong(dice);
            }
            watcher.begins(fault.kind());
            InForce now = new InForce(firing, i, simulation.nowUs());
            if (fault.kind().cutsLinks()) {
                cuts.add(now);
            }
            long lastsUs = firing.lastsUs[i] == Timetable.Firing.NOT_DONE ? SOON_MS * 1000 : firing.lastsUs[i];
            later(lastsUs, () -> {
                end.run();
                if (fault.kind().cutsLinks()) {
                    cuts.forEach(this::ended);
                    cuts.clear();
                } else {
                    ended(now);
                }
            });
        }
    }

    /** A part of a fault, and since when. */
    private record InForce(Timetable.Firing firing, int part, long sinceUs) {}

    private void ended(InForce fault) {
        if (kept == null) {
            fault.firing.lastsUs[fault.part] = Math.max(1, simulation.nowUs() - fault.sinceUs);
        }
        watcher.ends(fault.firing.fault.kind());
        tell("fault " + fault.firing.number + " ends");
    }

    private void tell(String what) {
        simulation.trace().comment(simulation.nowUs(), () -> what);
    }

    /** Unless the chaos ends before. */
    private void later(long us, Runnable repair) {
        simulation.after(us, () -> {
            if (!over) {
                repair.run();
            }
        });
    }

    private void diskFailed(SimProcess process) {
        int nodeId = process.nodeId();
        long downUs;
        if (kept == null) {
            downUs = DOWN_US.applyAsLong(random);
            timetable.restartsUs(nodeId).add(downUs);
        } else {
            Iterator<Long> drawn = restartsUs.computeIfAbsent(
                    nodeId, id -> timetable.restartsUs(id).iterator());
            downUs = drawn.hasNext() ? drawn.next() : SOON_MS * 1000;
        }
        watcher.begins(Fault.Kind.DISK_ERROR);
        later(downUs, () -> {
            start(process);
            watcher.ends(Fault.Kind.DISK_ERROR);
        });
    }

    // --- what ---

    /** The nodes in any order. */
    public List<Integer> shuffled() {
        List<Integer> order = new ArrayList<>(target.nodeIds());
        for (int i = order.size() - 1; i > 0; i--) {
            order.set(i, order.set(random.nextInt(i + 1), order.get(i)));
        }
        return order;
    }

    /** Names of nodes, as people write them. */
    public String names(List<Integer> nodeIds) {
        return nodeIds.stream()
                .sorted()
                .map(nodeId -> target.process(nodeId).name())
                .collect(Collectors.joining(","));
    }

    /** A leader in half of the cases: that is where it hurts. */
    private int victim() {
        int leader = target.leader(random);
        return leader != 0 && random.nextBoolean()
                ? leader
                : 1 + random.nextInt(target.nodeIds().size());
    }

    private static void start(SimProcess process) {
        if (!process.up()) {
            process.start();
        }
    }

    /**
     * A process is down for a while.
     *
     * @param ends ends it; false if that can't be done
     */
    public static Fault.Part down(int nodeId, Predicate<Target> ends) {
        return new Fault.Part(on -> ends.test(on) ? () -> start(on.process(nodeId)) : null, DOWN_US);
    }

    private static Fault.Part killed(int nodeId) {
        return down(nodeId, on -> {
            boolean up = on.process(nodeId).up();
            if (up) {
                on.crash(nodeId);
            }
            return up;
        });
    }

    private Fault kill() {
        int nodeId = victim();
        return new Fault(Fault.Kind.KILL, "kill " + names(List.of(nodeId)), List.of(killed(nodeId)));
    }

    private Fault powerCut() {
        List<Fault.Part> parts = target.nodeIds().stream().map(Chaos::killed).toList();
        return new Fault(Fault.Kind.POWER_CUT, "power cut: kill all", parts);
    }

    private Fault pause() {
        int nodeId = victim();
        ToLongFunction<RandomGenerator> lastsUs = Fault.about(SHORT_PAUSE_MS, faults.longMs());
        return Fault.of(Fault.Kind.PAUSE, "pause " + names(List.of(nodeId)), lastsUs, on -> {
            SimProcess process = on.process(nodeId);
            if (!process.runs()) {
                return null;
            }
            process.pause();
            int incarnation = process.incarnation();
            return () -> {
                if (process.paused() && process.incarnation() == incarnation) {
                    process.resume();
                }
            };
        });
    }

    private Fault slowDisk() {
        int nodeId = victim();
        long meanUs = random.nextBoolean() ? SLOW_DISK_US : faults.longMs() * 200L;
        String text = "disk of " + names(List.of(nodeId)) + " slow, a save takes some " + meanUs / 1000 + " ms";
        return Fault.of(Fault.Kind.SLOW_DISK, text, Fault.about(faults.longMs() * 2 / 3), on -> {
            on.diskLatency(nodeId, meanUs);
            return () -> on.diskLatency(nodeId, 0);
        });
    }

    private Fault partition() {
        List<Integer> order = shuffled();
        int split = 1 + random.nextInt(order.size() - 1);
        List<Integer> left = order.subList(0, split);
        List<Integer> right = order.subList(split, order.size());
        String sides = names(left) + " | " + names(right);
        return switch (random.nextInt(5)) {
            case 0 -> cut(Fault.Kind.PARTITION, sides, net -> net.partition(List.of(left, right)));
            case 1 -> {
                List<List<Integer>> parts = List.of(left, bridged(left.get(0), right));
                String bridge = sides + ", " + names(left.subList(0, 1)) + " reaches both";
                yield cut(Fault.Kind.BRIDGE, bridge, net -> net.partition(parts));
            }
            case 2 -> {
                int alone = victim();
                yield cut(Fault.Kind.ISOLATE, names(List.of(alone)), net -> net.isolate(alone));
            }
            case 3 -> oneWay(order.get(0), List.of(order.get(1)));
            default -> oneWay(left.get(0), right);
        };
    }

    private static List<Integer> bridged(int bridge, List<Integer> part) {
        List<Integer> joined = new ArrayList<>(part);
        joined.add(bridge);
        return joined;
    }

    private Fault oneWay(int from, List<Integer> to) {
        String links = names(List.of(from)) + ">" + names(to);
        return cut(Fault.Kind.ONE_WAY, links, net -> to.forEach(each -> net.cut(from, each)));
    }

    private Fault cut(Fault.Kind kind, String what, Consumer<SimNetwork<?>> cut) {
        String verb = kind == Fault.Kind.ONE_WAY ? "cut" : kind.word();
        return Fault.of(kind, verb + " " + what, Fault.about(SHORT_PARTITION_MS, faults.longMs()), on -> {
            cut.accept(on.network());
            return () -> on.network().healAll();
        });
    }
}
