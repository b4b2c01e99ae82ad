package kvctl.cli.fault;

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
        name = "clock",
        header = "Make a node's clock jump, or go faster or slower.",
        description =
                "%nTimers of elections, heartbeats and leases run by it. Nothing that is promised by default depends on "
                        + "it.",
        footer = {"  kvctl clock n1 +5s", "  kvctl clock n1 back 5s", "  kvctl clock 'leader(g1)' rate 1.5 --for 30s"})
public final class ClockCommand implements Callable<Integer> {
    private static final int WHOLE = 1000;

    private final Session session;
    private final Supplier<Places> places;

    @Parameters(
            index = "0",
            paramLabel = "NODE",
            description = "Names with commas between, leader(GROUP), random, all.")
    private String node;

    @Parameters(index = "1", paramLabel = "WHAT", description = "+TIME, back TIME, or rate FACTOR.")
    private String what;

    @Parameters(index = "2", arity = "0..1", paramLabel = "AMOUNT", description = "Of back: 5s; of rate: 0.01 to 100.")
    private String amount;

    @Mixin
    private final FaultOptions options = new FaultOptions();

    /** @param places asked for when the command runs */
    public ClockCommand(Session session, Supplier<Places> places) {
        this.session = session;
        this.places = places;
    }

    @Override
    public Integer call() {
        IntFunction<Fault> rule = rule();
        Places cluster = places.get();
        String made = what + (amount == null ? "" : " " + amount);
        return new Injection(session, cluster, options)
                .run(links -> DiskCommand.ofNodes("clock", links.side(node), made, cluster, rule));
    }

    private IntFunction<Fault> rule() {
        if (what.startsWith("+") && amount == null) {
            int ms = DelayCommand.ms(what.substring(1));
            return id -> new Fault.ClockJump(id, ms);
        } else if (what.equals("back") && amount != null) {
            int ms = DelayCommand.ms(amount);
            return id -> new Fault.ClockJump(id, -ms);
        } else if (what.equals("rate") && amount != null) {
            int permille = permille();
            return id -> new Fault.ClockRate(id, permille);
        }
        throw CliException.usage("A clock goes +TIME, back TIME or rate FACTOR.", "kvctl clock n1 +5s");
    }

    private int permille() {
        double rate = amount.matches("[0-9]{1,3}(\\.[0-9]{1,3})?") ? Double.parseDouble(amount) * WHOLE : 0;
        if (rate < Fault.RATE_MIN || rate > Fault.RATE_MAX) {
            throw CliException.usage("A rate is 0.01 to 100, not '" + amount + "'.", "kvctl clock n1 rate 1.5");
        }
        return (int) Math.round(rate);
    }
}
