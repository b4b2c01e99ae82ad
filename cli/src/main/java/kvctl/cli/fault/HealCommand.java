package kvctl.cli.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import kvctl.cli.CliException;
import kvctl.cli.Column;
import kvctl.cli.ExitCode;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.cli.fault.Places.Question;
import kvctl.protocol.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "heal",
        header = "End faults that were made on purpose: all, or those named.",
        description = "%nProcesses that were killed or paused are started or resumed with start and resume.",
        footer = {"  kvctl heal", "  kvctl heal f3"})
public final class HealCommand implements Callable<Integer> {
    private final Session session;
    private final Supplier<Places> places;

    @Parameters(arity = "0..*", paramLabel = "ID", description = "As faults lists them; without any, all are healed.")
    private List<String> ids = List.of();

    /** @param places asked for when the command runs */
    public HealCommand(Session session, Supplier<Places> places) {
        this.session = session;
        this.places = places;
    }

    @Override
    public Integer call() {
        Places cluster = places.get();
        FaultList before = FaultList.of(cluster);
        List<FaultList.Item> healed = new ArrayList<>(before.items());
        if (!ids.isEmpty()) {
            healed.removeIf(item -> !ids.contains(item.id()));
            for (String id : ids) {
                if (before.paused().isEmpty()
                        && healed.stream().noneMatch(item -> item.id().equals(id))) {
                    throw new CliException(ExitCode.CONFLICT, "There is no fault '" + id + "'.", "kvctl faults");
                }
            }
        }
        List<Question> questions = new ArrayList<>();
        for (String node : cluster.nodes()) {
            for (String id : ids.isEmpty() ? List.of("") : ids) {
                questions.add(new Question(node, new Request.HealFaults(id)));
            }
        }
        cluster.ask(questions);
        try (Rows rows =
                Rows.many(session, "healed", Column.text("id"), Column.text("fault"), Column.ms("age_ms", "AGE"))) {
            healed.forEach(item -> rows.row(item.id(), item.text(), item.ageMs()));
        }
        if (!before.paused().isEmpty()) {
            throw new CliException(
                    ExitCode.UNREACHABLE,
                    String.join(", ", before.paused()) + " does not answer and may hold faults still.",
                    "kvctl resume all; kvctl heal");
        }
        return 0;
    }
}
