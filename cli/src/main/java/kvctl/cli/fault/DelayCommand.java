package kvctl.cli.fault;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import kvctl.cli.CliException;
import kvctl.cli.Durations;
import kvctl.cli.Session;
import kvctl.protocol.Fault;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "delay",
        header = "Deliver what links carry later, in order.",
        footer = {"  kvctl delay 'n1>n2' 80ms --jitter 20ms", "  kvctl delay all 20ms --for 1m"})
public final class DelayCommand implements Callable<Integer> {
    private final Session session;
    private final Supplier<Places> places;

    @Parameters(arity = "1..*", paramLabel = "LINK TIME", description = "Links as for cut, and how much later: 80ms.")
    private List<String> words;

    @Option(names = "--jitter", paramLabel = "TIME", description = "Give or take up to so much (default 0).")
    private String jitter;

    @Mixin
    private final FaultOptions options = new FaultOptions();

    /** @param places asked for when the command runs */
    public DelayCommand(Session session, Supplier<Places> places) {
        this.session = session;
        this.places = places;
    }

    @Override
    public Integer call() {
        Places cluster = places.get();
        String amount = LinkCommand.amount("delay", words, "80ms");
        int delayMs = ms(amount);
        int jitterMs = jitter == null ? 0 : ms(jitter);
        if (jitterMs > delayMs) {
            throw CliException.usage("--jitter is at most the delay, " + amount + ".", null);
        }
        String made = amount + (jitter == null ? "" : " --jitter " + jitter);
        List<String> links = words.subList(0, words.size() - 1);
        return new Injection(session, cluster, options)
                .run(all -> LinkCommand.bound(
                        "delay",
                        all,
                        links,
                        made,
                        (from, to) -> new Fault.Delay(cluster.id(from), cluster.id(to), delayMs, jitterMs)));
    }

    /** A time that a fault can have. */
    static int ms(String text) {
        long ms = Durations.parseMs(text);
        if (ms > Fault.MS_MAX) {
            throw CliException.usage("'" + text + "' is too long: at most 1h.", null);
        }
        return (int) ms;
    }
}
