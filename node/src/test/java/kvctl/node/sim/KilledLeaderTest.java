package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import kvctl.node.Topology;
import kvctl.node.kv.ShardState;
import kvctl.protocol.ShardMap;
import kvctl.sim.Simulation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every leader that takes part in a move is lost at every step of it, in every way; each time the move must be completed by
 * whoever leads then, and nothing may be lost or doubled (HAZARDS G12).
 */
class KilledLeaderTest {
    private static final int SHARD = 1;
    private static final int VALUES = 24;
    private static final int VALUE_BYTES = 20_000;
    private static final long COMPLETE_MS = 20_000;

    /** Whose leader it is. */
    enum Victim {
        SOURCE,
        TARGET,
        CONTROLLER
    }

    /** What the move has just done. */
    enum Step {
        /** The source's copy entry is applied. */
        COPY_BEGUN,
        /** Some rows are installed. */
        ROWS_UNDER_WAY,
        /** The source serves no more. */
        FROZEN,
        /** The target serves, the controller does not know. */
        INSTALLED,
        /** The controller knows, the source still has the rows. */
        MOVED
    }

    /** What becomes of the leader. */
    enum Fate {
        /** It stays away until the move is complete. */
        DEAD,
        /** It is back at once. */
        RESTARTED,
        /** It stands still and comes back as a leader that was deposed. */
        PAUSED,
        /** It hears nobody and nobody hears it, for a while. */
        CUT_OFF
    }

    static Stream<Arguments> all() {
        List<Arguments> all = new ArrayList<>();
        for (boolean shared : new boolean[] {false, true}) {
            for (Victim victim : Victim.values()) {
                for (Step step : Step.values()) {
                    for (Fate fate : Fate.values()) {
                        all.add(Arguments.of(victim, step, fate, shared));
                    }
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0} leader {2} at {1}, one set of nodes for all: {3}")
    @MethodSource("all")
    void G12_theMoveIsCompletedByWhoeverLeads(Victim victim, Step step, Fate fate, boolean shared) {
        long seed = ((victim.ordinal() * 10L + step.ordinal()) * 10 + fate.ordinal()) * 10 + (shared ? 1 : 0);
        List<Integer> source = shared ? List.of(1, 2, 3) : List.of(4, 5, 6);
        Integer[] target = shared ? new Integer[] {1, 2, 3} : new Integer[] {7, 8, 9};
        Topology topology =
                ShardSwarm.topology(2, shared ? 3 : 9, 40, 16 << 20, List.of(new Topology.Group(1, "g1", source)));
        KvCluster cluster = new KvCluster(new Simulation(seed), topology, false).startAll();
        Load load = new Load(cluster, new Load.Options(3, 6, 10, 0.3, 0.2));
        load.fill(VALUES, VALUE_BYTES).start();
        Trap trap = new Trap(cluster, victim, step, fate);
        cluster.reconfigure(KvCluster.join("g2", target), COMPLETE_MS);
        cluster.await("step " + step, () -> trap.victim != 0, COMPLETE_MS);
        if (fate == Fate.DEAD) {
            cluster.awaitComplete(COMPLETE_MS);
        }
        cluster.runFor(700);
        cluster.startAll();
        cluster.awaitComplete(COMPLETE_MS);
        load.stop();
        cluster.awaitQuiet(COMPLETE_MS);
        load.verify();
        assertThat(cluster.map().shardGroups()[SHARD]).isEqualTo(cluster.groupId("g2"));
        assertThat(load.done()).isGreaterThan(VALUES + 20);
    }

    /** Waits for the step and takes the leader out in the same instant. */
    private static final class Trap {
        private final KvCluster cluster;
        private final Victim whose;
        private final Step step;
        private final Fate fate;
        private int pieces;
        private int victim;

        Trap(KvCluster cluster, Victim whose, Step step, Fate fate) {
            this.cluster = cluster;
            this.whose = whose;
            this.step = step;
            this.fate = fate;
            cluster.checks().onChange(this::look);
        }

        private void look() {
            if (victim != 0 || !isReached()) {
                return;
            }
            int leader = cluster.leader(groupId());
            if (leader == 0) {
                return;
            }
            victim = leader;
            cluster.simulation().after(0, this::spring);
        }

        private int groupId() {
            return switch (whose) {
                case SOURCE -> 1;
                case TARGET -> 2;
                case CONTROLLER -> ShardMap.CONTROLLER;
            };
        }

        private boolean isReached() {
            ShardState.Status source = cluster.checks().group(1).status(SHARD);
            ShardState.Status target = cluster.checks().group(2).status(SHARD);
            boolean known = cluster.map().number() == 2 && cluster.map().movingTo()[SHARD] == ShardMap.NO_GROUP;
            return switch (step) {
                case COPY_BEGUN -> source == ShardState.Status.COPYING;
                case ROWS_UNDER_WAY -> target == ShardState.Status.RECEIVING && ++pieces > 2;
                case FROZEN -> source == ShardState.Status.FROZEN;
                case INSTALLED -> target == ShardState.Status.SERVING && !known;
                case MOVED -> known && source == ShardState.Status.FROZEN;
            };
        }

        private void spring() {
            SimServer server = cluster.server(victim);
            switch (fate) {
                case DEAD -> server.crash();
                case RESTARTED -> {
                    server.crash();
                    server.start();
                }
                case PAUSED -> {
                    server.pause();
                    cluster.simulation().after(600_000, server::resume);
                }
                case CUT_OFF -> {
                    cluster.network().isolate(victim);
                    cluster.simulation().after(600_000, cluster.network()::healAll);
                }
            }
        }
    }
}
