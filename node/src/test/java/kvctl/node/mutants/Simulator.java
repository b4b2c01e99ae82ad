package kvctl.node.mutants;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;

/** What runs a seed, in a {@link World}; everything goes by name, because each world has classes of its own. */
public enum Simulator {
    /** One Raft group of three nodes. */
    RAFT3("kvctl.sim.SeedRun", 3),
    /** One Raft group of five nodes: slower, but a leader that was cut off is not missed at once. */
    RAFT5("kvctl.sim.SeedRun", 5),
    /** Nodes, controller, groups, moves and clients. */
    CLUSTER("kvctl.node.sim.ClusterRun", 0);

    private final String className;

    /** Nodes that it is to run; 0: the seed says. */
    private final int nodes;

    Simulator(String className, int nodes) {
        this.className = className;
        this.nodes = nodes;
    }

    /**
     * Runs a seed to its end.
     *
     * @return what broke, or null if the seed passed
     * @throws ReflectiveOperationException if the simulator has another form, or fails in a way that it does not report
     */
    Throwable run(World world, long seed) throws ReflectiveOperationException {
        Class<?> simulator = Class.forName(className, true, world);
        if (simulator.getClassLoader() != world) {
            throw new IllegalStateException(className + " is not of its own world");
        }
        Object outcome = nodes == 0
                ? simulator.getMethod("run", long.class).invoke(null, seed)
                : simulator.getMethod("run", long.class, int.class).invoke(null, seed, nodes);
        for (RecordComponent part : outcome.getClass().getRecordComponents()) {
            if (Throwable.class.isAssignableFrom(part.getType())) {
                return (Throwable) part.getAccessor().invoke(outcome);
            }
        }
        throw new NoSuchMethodException("what broke in " + outcome.getClass());
    }

    /** The exception that {@link #run} threw, without reflection around it. */
    static Throwable cause(Throwable thrown) {
        return thrown instanceof InvocationTargetException reflected ? reflected.getTargetException() : thrown;
    }
}
