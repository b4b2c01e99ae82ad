package kvctl.cli.fault;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import kvctl.cli.Session;
import kvctl.protocol.Fault;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "reorder",
        header = "Let some of the messages of links be overtaken by later ones.",
        footer = {"  kvctl reorder n1-n2 20%", "  kvctl reorder all 10% --within 1s"})
public final class ReorderCommand implements Callable<Integer> {
    private final Session session;
    private final Supplier<Places> places;

    @Parameters(
            arity = "1..*",
            paramLabel = "LINK CHANCE",
            description = "Links as for cut, and how many messages are held back: 20%%.")
    private List<String> words;

    @Option(
            names = "--within",
            paramLabel = "TIME",
            defaultValue = "100ms",
            description = "How long one is held back at most (default 100ms).")
    private String within;

    @Mixin
    private final FaultOptions options = new FaultOptions();

    /** @param places asked for when the command runs */
    public ReorderCommand(Session session, Supplier<Places> places) {
        this.session = session;
        this.places = places;
    }

    @Override
    public Integer call() {
        Places cluster = places.get();
        String amount = LinkCommand.amount("reorder", words, "20%");
        int chance = LinkCommand.chance(amount);
        int withinMs = DelayCommand.ms(within);
        List<String> links = words.subList(0, words.size() - 1);
        String made = amount + " --within " + within;
        return new Injection(session, cluster, options)
                .run(all -> LinkCommand.bound(
                        "reorder",
                        all,
                        links,
                        made,
                        (from, to) -> new Fault.Reorder(cluster.id(from), cluster.id(to), chance, withinMs)));
    }
}
