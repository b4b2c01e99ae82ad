package kvctl.cli.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.cli.Session;
import kvctl.protocol.Fault;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "partition",
        header = "Cut all links between sides of the cluster.",
        description =
                "%nSides stand between |, in quotes in a shell; nodes on no side are one more side. The shapes are "
                        + "drawn: halves (two sides), bridge (two halves that share one node), ring (each node reaches a majority, "
                        + "no two the same). Clients still reach every node.",
        footer = {
            "  kvctl partition n1,n2                   these against the rest",
            "  kvctl partition 'n1,n2 | n3,n4'",
            "  kvctl partition 'leader(g1)' --one-way --for 30s",
            "  kvctl partition ring --seed 7"
        })
public final class PartitionCommand implements Callable<Integer> {
    private final Session session;
    private final Supplier<Places> places;

    @Parameters(
            arity = "1..*",
            paramLabel = "SIDE",
            description =
                    "Nodes with commas between: names, leader(GROUP), follower(GROUP), random. Or a shape: halves, "
                            + "bridge, ring.")
    private List<String> words;

    @Option(names = "--one-way", description = "Cut only what the first side sends; it still hears the others.")
    private boolean oneWay;

    @Mixin
    private final FaultOptions options = new FaultOptions();

    /** @param places asked for when the command runs */
    public PartitionCommand(Session session, Supplier<Places> places) {
        this.session = session;
        this.places = places;
    }

    @Override
    public Integer call() {
        Places cluster = places.get();
        return new Injection(session, cluster, options).run(links -> bound(links, cluster));
    }

    private Injection.Bound bound(Links links, Places cluster) {
        String text = String.join(" ", words).trim();
        boolean isShape = text.equals("bridge") || text.equals("ring") || text.equals("halves");
        if (isShape && oneWay) {
            throw CliException.usage("--one-way needs sides; '" + text + "' is drawn.", null);
        }
        if (text.equals("bridge")) {
            return cut("partition bridge", links.bridge(options.seed()), cluster);
        } else if (text.equals("ring")) {
            return cut("partition ring", links.ring(options.seed()), cluster);
        }
        List<List<String>> sides = new ArrayList<>();
        if (text.equals("halves")) {
            sides.addAll(links.halves(options.seed()));
        } else {
            for (String side : text.split("\\|", -1)) {
                sides.add(links.side(side));
            }
        }
        String shown = sides.stream().map(side -> String.join(",", side)).collect(Collectors.joining(" | "));
        String made = "partition '" + shown + "'" + (oneWay ? " --one-way" : "");
        return cut(made, links.apart(sides, oneWay), cluster);
    }

    static Injection.Bound cut(String words, Set<Links.Link> links, Places cluster) {
        List<Fault> rules = new ArrayList<>();
        links.forEach(link -> rules.add(new Fault.Cut(cluster.id(link.from()), cluster.id(link.to()))));
        return new Injection.Bound(words, rules);
    }
}
