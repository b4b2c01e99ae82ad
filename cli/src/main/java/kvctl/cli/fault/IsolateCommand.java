package kvctl.cli.fault;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import kvctl.cli.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "isolate",
        header = "Cut all links of nodes, each by itself.",
        description = "%nClients still reach them, and find that they can promise nothing.",
        footer = {
            "  kvctl isolate n2",
            "  kvctl isolate 'leader(g1)' --for 10s",
            "  kvctl isolate 'leader(g1)' --follow"
        })
public final class IsolateCommand implements Callable<Integer> {
    private final Session session;
    private final Supplier<Places> places;

    @Parameters(arity = "1..*", paramLabel = "NODE", description = "Names, random, leader(GROUP) or follower(GROUP).")
    private List<String> words;

    @Mixin
    private final FaultOptions options = new FaultOptions();

    /** @param places asked for when the command runs */
    public IsolateCommand(Session session, Supplier<Places> places) {
        this.session = session;
        this.places = places;
    }

    @Override
    public Integer call() {
        Places cluster = places.get();
        return new Injection(session, cluster, options).run(links -> {
            List<String> nodes = links.side(String.join(",", words));
            Set<Links.Link> cut = new LinkedHashSet<>();
            nodes.forEach(node -> cut.addAll(links.of(List.of(node + ">all", "all>" + node))));
            return PartitionCommand.cut("isolate " + String.join(" ", nodes), cut, cluster);
        });
    }
}
