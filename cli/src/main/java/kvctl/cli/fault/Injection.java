package kvctl.cli.fault;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.ExitCode;
import kvctl.cli.NodeSelector;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.cli.fault.Places.Answer;
import kvctl.cli.fault.Places.Question;
import kvctl.protocol.Fault;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/**
 * Puts one fault in force: tells each node that has a part in it, sends probes over the links that were cut, and says what
 * came of it. The fault has one id in all nodes.
 */
final class Injection {
    private static final long LOOK_MS = 200;

    /** A probe that has not come by then does not come: on this machine it takes a millisecond. */
    private static final long PROBE_MS = 250;

    private static final long PROBE_STEP_MS = 25;

    private final Session session;
    private final Places places;
    private final FaultOptions options;

    /**
     * A fault with its roles bound to nodes.
     *
     * @param words the command that makes it again, without options
     */
    record Bound(String words, List<Fault> rules) {}

    Injection(Session session, Places places, FaultOptions options) {
        this.session = session;
        this.places = places;
        this.options = options;
    }

    /** Makes the fault that {@code bind} says; asked again when it follows roles. */
    int run(Function<Links, Bound> bind) {
        long forMs = options.forMs();
        Bound bound = bind(bind);
        String id = freeId();
        Set<String> silent = inject(id, bound, forMs);
        int[] verified = verify(bound, silent);
        show(id, bound, forMs, silent, verified);
        if (verified[0] < verified[1]) {
            throw new CliException(
                    ExitCode.EXPECTATION,
                    id + " does not hold: " + (verified[1] - verified[0]) + " of " + verified[1]
                            + " links that were cut let a probe through.",
                    "kvctl faults; kvctl heal " + id);
        }
        if (options.follow()) {
            follow(id, bound, bind, forMs);
        }
        return 0;
    }

    /** The same seed means the same nodes each time. */
    private Bound bind(Function<Links, Bound> bind) {
        RandomGenerator random = new SplittableRandom(options.seed());
        return bind.apply(new Links(places.nodes(), new NodeSelector(places, random)));
    }

    /** The next number that no fault has. */
    private String freeId() {
        int last = 0;
        for (FaultList.Item item : FaultList.of(places).items()) {
            String id = item.id();
            boolean isOurs = id.matches("f[0-9]{1,8}");
            last = Math.max(last, isOurs ? Integer.parseInt(id.substring(1)) : 0);
        }
        return "f" + (last + 1);
    }

    /** Tells all nodes concerned. Returns those that did not answer, so that only the other end enforces it. */
    private Set<String> inject(String id, Bound bound, long forMs) {
        String whole = bound.words() + options.text();
        String text = whole.substring(0, Math.min(whole.length(), Limits.FAULT_TEXT_MAX));
        List<Question> questions = new ArrayList<>();
        for (String node : places.nodes()) {
            List<Fault> own = bound.rules().stream()
                    .filter(rule -> rule.concerns(places.id(node)))
                    .toList();
            if (!own.isEmpty()) {
                questions.add(new Question(node, new Request.InjectFault(id, text, own, forMs, options.seed())));
            }
        }
        Set<String> silent = new TreeSet<>();
        for (Answer answer : places.ask(questions)) {
            if (answer.isSilent()) {
                silent.add(answer.node());
            } else if (answer.problem() != null) {
                healEverywhere(id);
                throw new CliException(
                        ExitCode.UNSAFE,
                        answer.problem().getMessage(),
                        "faults: true, under node: in the topology, lets a node obey",
                        answer.problem());
            }
        }
        boolean alone =
                bound.rules().stream().anyMatch(rule -> ends(rule).stream().allMatch(silent::contains));
        if (alone) {
            healEverywhere(id);
            String who = String.join(", ", silent);
            throw new CliException(
                    ExitCode.UNREACHABLE, who + " does not answer: nothing was done.", "kvctl cluster status");
        }
        return silent;
    }

    private List<String> ends(Fault rule) {
        if (rule instanceof Fault.OfLink link) {
            return List.of(places.name(link.from()), places.name(link.to()));
        }
        return List.of(places.name(((Fault.OfNode) rule).node()));
    }

    private void healEverywhere(String id) {
        places.ask(places.nodes().stream()
                .map(node -> new Question(node, new Request.HealFaults(id)))
                .toList());
    }

    /** How many cut links were probed and let nothing through, and how many were probed. */
    private int[] verify(Bound bound, Set<String> silent) {
        List<Fault.Cut> cuts = bound.rules().stream()
                .filter(rule -> rule instanceof Fault.Cut)
                .map(rule -> (Fault.Cut) rule)
                .filter(rule -> ends(rule).stream().noneMatch(silent::contains))
                .toList();
        if (cuts.isEmpty()) {
            return new int[2];
        }
        long first = ThreadLocalRandom.current().nextLong(1L << 48);
        List<Question> probes = new ArrayList<>();
        for (int i = 0; i < cuts.size(); i++) {
            probes.add(new Question(
                    places.name(cuts.get(i).from()),
                    new Request.SendProbe(cuts.get(i).to(), first + i)));
        }
        places.ask(probes);
        List<Question> arrivals = cuts.stream()
                .map(cut -> places.name(cut.to()))
                .distinct()
                .map(node -> new Question(node, new Request.GetProbes()))
                .toList();
        Set<Long> through = new LinkedHashSet<>();
        for (long waited = 0; waited < PROBE_MS && through.isEmpty(); waited += PROBE_STEP_MS) {
            session.pause(PROBE_STEP_MS);
            for (Answer answer : places.ask(arrivals)) {
                if (answer.response() instanceof Response.ProbesReply reply) {
                    reply.probes().stream()
                            .map(Response.Probe::number)
                            .filter(number -> number >= first && number < first + cuts.size())
                            .forEach(through::add);
                }
            }
        }
        return new int[] {cuts.size() - through.size(), cuts.size()};
    }

    private void show(String id, Bound bound, long forMs, Set<String> silent, int[] verified) {
        try (Rows rows = Rows.one(
                session,
                "fault",
                Column.text("id"),
                Column.text("fault"),
                Column.number("rules"),
                Column.number("seed"),
                Column.ms("for_ms", "FOR"),
                Column.text("verified"))) {
            String probed = verified[1] == 0
                    ? null
                    : verified[0] == verified[1] ? "verified" : verified[0] + " of " + verified[1];
            rows.row(id, bound.words(), bound.rules().size(), options.seed(), forMs == 0 ? null : forMs, probed);
        }
        for (String node : silent) {
            session.note(node + " does not answer: only the other ends of its links enforce it.");
        }
        if (!options.follow()) {
            session.note("undo: kvctl heal " + id);
        }
    }

    // --- following roles ---

    private void follow(String id, Bound first, Function<Links, Bound> bind, long forMs) {
        Bound now = first;
        long endNs = System.nanoTime() + forMs * 1_000_000;
        try {
            while (forMs == 0 || System.nanoTime() < endNs) {
                session.pause(LOOK_MS);
                places.refresh();
                Bound next = rebound(bind, now);
                if (!next.rules().equals(now.rules())) {
                    Set<String> before = concerned(now);
                    before.removeAll(concerned(next));
                    places.ask(before.stream()
                            .map(node -> new Question(node, new Request.HealFaults(id)))
                            .toList());
                    inject(id, next, forMs);
                    session.note(id + " is now " + next.words());
                    now = next;
                }
            }
        } finally {
            healEverywhere(id);
        }
    }

    /** As it was while nobody leads. */
    private Bound rebound(Function<Links, Bound> bind, Bound now) {
        try {
            return bind(bind);
        } catch (CliException e) {
            return now;
        }
    }

    private Set<String> concerned(Bound bound) {
        return bound.rules().stream()
                .flatMap(rule -> ends(rule).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
