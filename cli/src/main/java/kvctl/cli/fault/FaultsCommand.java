package kvctl.cli.fault;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import kvctl.cli.Column;
import kvctl.cli.Console;
import kvctl.cli.Format;
import kvctl.cli.Ink;
import kvctl.cli.Rows;
import kvctl.cli.Session;
import kvctl.protocol.Fault;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "faults",
        header = "Faults that were made on purpose and are in force.",
        description =
                "%nHits are the messages and syncs that they have met. On a terminal a matrix shows what each node "
                        + "(row) sends to each other one (column): x cut, o clogged, % some lost, ~ late, 2 some twice, ^ out of "
                        + "order.",
        footer = {"  kvctl faults", "  kvctl faults --as-script > faults.kv"})
public final class FaultsCommand implements Callable<Integer> {
    private final Session session;
    private final Supplier<Places> places;

    @Option(names = "--as-script", description = "Print the commands that make them again.")
    private boolean asScript;

    /** @param places asked for when the command runs */
    public FaultsCommand(Session session, Supplier<Places> places) {
        this.session = session;
        this.places = places;
    }

    @Override
    public Integer call() {
        Places cluster = places.get();
        FaultList list = FaultList.of(cluster);
        Console console = session.console();
        if (asScript) {
            list.items().forEach(item -> console.line(item.text()));
            console.flush();
            return 0;
        }
        try (Rows rows = Rows.many(
                session,
                "faults",
                Column.text("id"),
                Column.text("fault"),
                Column.ms("age_ms", "AGE"),
                Column.ms("left_ms", "LEFT"),
                Column.number("hits"),
                Column.text("nodes"))) {
            for (FaultList.Item item : list.items()) {
                Long left = item.leftMs() == 0 ? null : item.leftMs();
                rows.row(item.id(), item.text(), item.ageMs(), left, item.hits(), String.join(" ", item.nodes()));
            }
        }
        Format format = session.settings().format();
        if (format == Format.TABLE || format == Format.AUTO && console.outIsTty()) {
            matrix(cluster, list, console);
        }
        for (String node : list.silent()) {
            session.note(node + " does not answer"
                    + (list.paused().contains(node) ? " and may hold faults." : "; it holds no faults."));
        }
        return 0;
    }

    private void matrix(Places cluster, FaultList list, Console console) {
        Map<String, Character> marks = new TreeMap<>();
        for (FaultList.Item item : list.items()) {
            for (Fault rule : item.rules()) {
                if (rule instanceof Fault.OfLink link) {
                    marks.merge(link.from() + ">" + link.to(), mark(link), FaultsCommand::worse);
                }
            }
        }
        if (marks.isEmpty()) {
            return;
        }
        List<String> nodes = cluster.nodes();
        int width = nodes.stream().mapToInt(String::length).max().orElse(1);
        StringBuilder head = new StringBuilder(" ".repeat(width + 1));
        nodes.forEach(node -> head.append(' ').append(pad(node, width)));
        console.line("");
        console.line(console.paint(Ink.DIM, head.toString().stripTrailing()));
        for (String from : nodes) {
            StringBuilder line = new StringBuilder(pad(from, width)).append(' ');
            for (String to : nodes) {
                Character mark = marks.get(cluster.id(from) + ">" + cluster.id(to));
                String cell = pad(from.equals(to) ? "" : mark == null ? "." : mark.toString(), width);
                line.append(' ').append(mark == null ? console.paint(Ink.DIM, cell) : console.paint(Ink.RED, cell));
            }
            console.line(line.toString().stripTrailing());
        }
        console.flush();
    }

    private static char mark(Fault.OfLink rule) {
        if (rule instanceof Fault.Cut) {
            return 'x';
        } else if (rule instanceof Fault.Clog) {
            return 'o';
        } else if (rule instanceof Fault.Drop) {
            return '%';
        } else if (rule instanceof Fault.Delay) {
            return '~';
        }
        return rule instanceof Fault.Duplicate ? '2' : '^';
    }

    private static char worse(char one, char other) {
        String order = "xo%~^2";
        return order.indexOf(one) <= order.indexOf(other) ? one : other;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
