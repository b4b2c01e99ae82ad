package kvctl.cli.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import kvctl.cli.CliException;
import kvctl.cli.Session;
import kvctl.protocol.Fault;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** cut, clog, drop and duplicate: one {@link LinkVerb}, done to some links. */
@Command
public final class LinkCommand implements Callable<Integer> {
    private final Session session;
    private final Supplier<Places> places;
    private final LinkVerb verb;

    @Parameters(
            arity = "1..*",
            paramLabel = "LINK",
            description = "'A>B' one way, A-B both ways, all; A and B are nodes with commas between, or leader(GROUP), "
                    + "follower(GROUP), random, all. drop and duplicate take a chance behind the links: 10%%.")
    private List<String> words;

    @Mixin
    private final FaultOptions options = new FaultOptions();

    /** @param places asked for when the command runs */
    public LinkCommand(Session session, Supplier<Places> places, LinkVerb verb) {
        this.session = session;
        this.places = places;
        this.verb = verb;
    }

    @Override
    public Integer call() {
        Places cluster = places.get();
        String amount = verb.takesChance() ? amount(verb.word(), words, "10%") : "";
        int chance = verb.takesChance() ? chance(amount) : 0;
        List<String> links = verb.takesChance() ? words.subList(0, words.size() - 1) : words;
        return new Injection(session, cluster, options)
                .run(all -> bound(
                        verb.word(),
                        all,
                        links,
                        amount,
                        (from, to) -> verb.rule(cluster.id(from), cluster.id(to), chance)));
    }

    /** The last of the words, which is no link. */
    static String amount(String verb, List<String> words, String example) {
        String last = words.get(words.size() - 1);
        if (words.size() < 2 || !Character.isDigit(last.charAt(0))) {
            throw CliException.usage(
                    "'" + verb + "' takes links and " + (example.endsWith("%") ? "a chance." : "a time."),
                    "kvctl " + verb + " n1-n2 " + example);
        }
        return last;
    }

    /** @return hundredths of a percent */
    static int chance(String text) {
        if (text.matches("[0-9]{1,3}(\\.[0-9]{1,2})?%")) {
            double percent = Double.parseDouble(text.substring(0, text.length() - 1));
            if (percent > 0 && percent <= 100) {
                return (int) Math.round(percent * Fault.CERTAIN / 100);
            }
        }
        throw CliException.usage("'" + text + "' is no chance.", "write for example 10% or 0.5%; at most 100%");
    }

    /** Rules for links, and the command that makes them again: roles are bound to nodes in it. */
    static Injection.Bound bound(
            String verb, Links all, List<String> words, String amount, BiFunction<String, String, Fault> rule) {
        List<Fault> rules = new ArrayList<>();
        Set<Links.Link> links = all.of(words);
        links.forEach(link -> rules.add(rule.apply(link.from(), link.to())));
        return new Injection.Bound((verb + " " + all.text(links) + " " + amount).trim(), rules);
    }
}
