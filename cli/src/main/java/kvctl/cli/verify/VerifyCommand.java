package kvctl.cli.verify;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.cli.Session;
import kvctl.cli.Stop;
import kvctl.cli.check.Subject;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        header = "Do the cases of the MIT 6.5840 test suites to the running cluster, and say what happened.",
        description =
                "%nA case breaks the cluster on purpose: it cuts links, kills nodes, lets groups join. Each one heals what it "
                        + "did, also after Ctrl-C or a failure; its keys begin with 'verify:', its groups with 'verify-'. "
                        + "Without names all cases that this cluster allows are done. Exits with 0: none failed, 10: one failed, "
                        + "11: a promise about data was broken, 12: nothing could be done.",
        footer = {
            "  kvctl verify --list",
            "  kvctl verify InitialElection ReElection",
            "  kvctl verify raft kvraft/Basic --seed 42",
            "  kvctl verify shardkv --full -o ndjson > shardkv.ndjson"
        })
public final class VerifyCommand implements Callable<Integer> {
    private static final int SEEDS = 1_000_000;

    private final Session session;
    private final Supplier<Subject> subject;

    @Parameters(
            arity = "0..*",
            paramLabel = "CASE",
            completionCandidates = Catalogue.Names.class,
            description = "Names as --list shows them, SUITE/NAME, or whole suites.")
    private List<String> words = List.of();

    @Option(names = "--list", description = "Only show the catalogue, or what the words mean of it.")
    private boolean list;

    @Option(names = "--full", description = "Take the suites' own durations, and more rounds: most of them theirs.")
    private boolean full;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of all that is drawn (default: one is drawn).")
    private Long seed;

    @Option(
            names = "--patience",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description = "Multiply all bounds of time, say by 3 on a slow machine (default 1).")
    private double patience;

    /** @param subject opens the cluster */
    public VerifyCommand(Session session, Supplier<Subject> subject) {
        this.session = session;
        this.subject = subject;
    }

    @Override
    public Integer call() {
        List<Scenario> chosen = words.isEmpty() ? Catalogue.all() : Catalogue.find(words);
        if (list) {
            VerifyReport.list(session, chosen);
            return 0;
        }
        if (!(patience > 0 && patience <= 1_000)) {
            throw CliException.usage("--patience is more than 0 and at most 1000, not " + patience + ".", null);
        }
        try (Stop stop = new Stop(session);
                Subject cluster = subject.get()) {
            requireSound(cluster);
            requireNames(cluster.map());
            try (VerifyReport report = new VerifyReport(session)) {
                return run(chosen, cluster, report, stop);
            }
        }
    }

    private int run(List<Scenario> chosen, Subject cluster, VerifyReport report, Stop stop) {
        long drawn = seed == null ? ThreadLocalRandom.current().nextInt(SEEDS) : seed;
        Journal journal = new Journal(report::step);
        Lab lab = new Lab(cluster, journal, new Lab.Options(drawn, full, patience), stop::isAsked);
        try {
            Needs.Stage stage = stage(cluster, lab);
            report.say(header(cluster.map(), drawn));
            CatalogueRun run = begun(lab, journal, report, stop);
            run.run(chosen, stage);
            report.sum(drawn);
            return run.code();
        } finally {
            lab.close();
        }
    }

    private CatalogueRun begun(Lab lab, Journal journal, VerifyReport report, Stop stop) {
        try {
            return new CatalogueRun(session, lab, journal, report, stop);
        } catch (Failed e) {
            throw new CliException(
                    ExitCode.EXPECTATION, "The cluster can't be used: " + e.getMessage() + ".", e.lookAt(), e);
        }
    }

    private static String header(ShardMap map, long seed) {
        List<String> groups =
                map.dataGroups().stream().map(ShardMap.Group::name).toList();
        return map.clusterId() + ": " + map.nodes().size() + " nodes, " + groups.size()
                + (groups.size() == 1 ? " group (" : " groups (") + String.join(", ", groups) + "), seed " + seed;
    }

    // --- what there is ---

    /** What is broken already can't be told from what a case breaks, and could not be left as it was. */
    private static void requireSound(Subject cluster) {
        for (String condition : List.of("healthy", "migrated")) {
            Subject.Ran ran = cluster.run("wait " + condition + " --timeout 10s");
            if (ran.code() != 0) {
                String problem = ran.err().lines().findFirst().orElse("");
                throw new CliException(
                        ExitCode.CONFLICT, "verify begins with a sound cluster. " + problem, "kvctl status");
            }
        }
        String faults = cluster.run("faults --no-header").out();
        if (!faults.isEmpty()) {
            String ids = faults.lines().map(line -> line.split("\t", 2)[0]).collect(Collectors.joining(", "));
            throw new CliException(
                    ExitCode.CONFLICT,
                    "verify begins with a sound cluster. Faults are in force: " + ids + ".",
                    "kvctl heal");
        }
    }

    /** A group of ours would be taken for one that joins. */
    private static void requireNames(ShardMap map) {
        for (ShardMap.Group group : map.dataGroups()) {
            if (group.name().startsWith(Lab.GROUP)) {
                throw new CliException(
                        ExitCode.CONFLICT,
                        "There is a group '" + group.name() + "', maybe of a verify that was killed.",
                        "kvctl leave " + group.name() + "; kvctl wait migrated");
            }
        }
    }

    private static Needs.Stage stage(Subject cluster, Lab lab) {
        Set<Needs.Power> powers = EnumSet.noneOf(Needs.Power.class);
        List<String> nodes = lab.nodes();
        if (nodes.size() > 1) {
            String probe = "delay '" + nodes.get(0) + ">" + nodes.get(1) + "' 1ms --for 1s --no-header";
            Subject.Ran ran = cluster.run(probe);
            if (ran.code() == 0) {
                powers.add(Needs.Power.FAULTS);
                cluster.run("heal " + ran.out().split("\t", 2)[0]);
            }
        }
        if (cluster.isHere()) {
            powers.add(Needs.Power.KILLS);
        }
        if (!cluster.map().steering().paused()) {
            powers.add(Needs.Power.MOVES);
        }
        return new Needs.Stage(nodes.size(), powers);
    }
}
