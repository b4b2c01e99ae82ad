package kvctl.cli.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import kvctl.node.Topology;
import kvctl.protocol.ShardMap;

/**
 * What it costs that some nodes do not work any more.
 *
 * @param leaderOf groups that one of them led
 * @param noQuorum groups in which they leave no majority
 */
record Cost(List<String> leaderOf, List<String> noQuorum) {
    static final Cost NOTHING = new Cost(List.of(), List.of());

    /**
     * @param before what the nodes said when they still worked
     * @param lost the nodes that stop working
     * @param working all that work before, the lost ones among them
     * @param forGood they don't come back by themselves
     */
    static Cost of(Topology topology, Survey before, Set<String> lost, Set<String> working, boolean forGood) {
        List<String> leaderOf = new ArrayList<>();
        List<String> noQuorum = new ArrayList<>();
        for (ShardMap.Group group : before.mapOr(topology).groups()) {
            String leader = before.leader(group.name());
            if (leader != null && lost.contains(leader)) {
                leaderOf.add(group.name());
            }
            List<String> voters =
                    group.nodeIds().stream().map(id -> topology.node(id).name()).toList();
            long left = voters.stream()
                    .filter(name -> working.contains(name) && !lost.contains(name))
                    .count();
            boolean touched = forGood && voters.stream().anyMatch(lost::contains);
            if (touched && left <= voters.size() / 2) {
                noQuorum.add(group.name());
            }
        }
        return new Cost(leaderOf, noQuorum);
    }
}
