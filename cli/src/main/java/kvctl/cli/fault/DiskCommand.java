package kvctl.cli.fault;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import kvctl.cli.CliException;
import kvctl.cli.Session;
import kvctl.protocol.Fault;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "disk",
        header = "Make a node's disk slow, full or failing.",
        description =
                "%nslow TIME: each sync takes so much longer. full: no byte is left, so the node takes no writes. error: the "
                        + "next sync fails, which stops the node, because nobody knows then what is on the disk.",
        footer = {"  kvctl disk n2 slow 50ms", "  kvctl disk 'leader(g1)' full --for 10s", "  kvctl disk n2 error"})
public final class DiskCommand implements Callable<Integer> {
    private final Session session;
    private final Supplier<Places> places;

    @Parameters(
            index = "0",
            paramLabel = "NODE",
            description = "Names with commas between, leader(GROUP), random, all.")
    private String node;

    @Parameters(index = "1", paramLabel = "WHAT", description = "slow, full or error.")
    private String what;

    @Parameters(index = "2", arity = "0..1", paramLabel = "TIME", description = "Of slow: 50ms.")
    private String time;

    @Mixin
    private final FaultOptions options = new FaultOptions();

    /** @param places asked for when the command runs */
    public DiskCommand(Session session, Supplier<Places> places) {
        this.session = session;
        this.places = places;
    }

    @Override
    public Integer call() {
        IntFunction<Fault> rule = rule();
        Places cluster = places.get();
        String made = what + (time == null ? "" : " " + time);
        return new Injection(session, cluster, options)
                .run(links -> ofNodes("disk", links.side(node), made, cluster, rule));
    }

    private IntFunction<Fault> rule() {
        if (what.equals("slow") == (time == null)) {
            throw CliException.usage(
                    time == null ? "'disk NODE slow' needs a time." : "'disk NODE " + what + "' takes no time.",
                    "kvctl disk n2 slow 50ms");
        }
        if (what.equals("slow")) {
            int ms = DelayCommand.ms(time);
            if (ms > Fault.SYNC_MS_MAX) {
                throw CliException.usage("A sync takes at most 1m longer, not " + time + ".", null);
            }
            return id -> new Fault.SlowDisk(id, ms);
        }
        return switch (what) {
            case "full" -> Fault.FullDisk::new;
            case "error" -> Fault.FailingDisk::new;
            default -> throw CliException.usage("A disk is slow, full or error, not '" + what + "'.", null);
        };
    }

    /** A rule in each of some nodes. */
    static Injection.Bound ofNodes(
            String verb, List<String> nodes, String made, Places cluster, IntFunction<Fault> rule) {
        List<Fault> rules =
                nodes.stream().map(name -> rule.apply(cluster.id(name))).toList();
        return new Injection.Bound(verb + " " + String.join(",", nodes) + " " + made, rules);
    }
}
