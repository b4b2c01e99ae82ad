package kvctl.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Parameters;

@Command(
        name = "help",
        header = "Explain a command, or list all.",
        footer = {"  kvctl help put", "  kvctl help exit-codes"})
final class Help implements Callable<Integer> {
    private final Session session;

    @CommandLine.Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "A command, or exit-codes.")
    private List<String> words;

    Help(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (words != null && words.size() == 1 && words.get(0).equals("exit-codes")) {
            for (ExitCode code : ExitCode.values()) {
                session.console().line(String.format("%4d  %-16s %s", code.code(), code.name(), code.meaning()));
            }
            return 0;
        }
        CommandSpec about = spec.root();
        for (String word : words == null ? List.<String>of() : words) {
            CommandLine next = about.subcommands().get(word);
            if (next == null) {
                String near = Words.nearest(word, about.subcommands().keySet());
                throw CliException.usage(
                        "Unknown command '" + word + "'." + (near == null ? "" : " Did you mean '" + near + "'?"),
                        "kvctl help");
            }
            about = next.getCommandSpec();
        }
        return show(session, about);
    }

    /** As {@link #show}, to standard error. */
    static void showOnError(Session session, CommandSpec about) {
        if (session.console().inIsTty()) {
            arrange(about);
            session.console().note(about.commandLine().getUsageMessage(Ansi.OFF).stripTrailing());
        }
    }

    /** Prints the help of one command: what it does, examples, then the grammar. */
    static int show(Session session, CommandSpec about) {
        arrange(about);
        Ansi ansi = session.console().colorsOut() ? Ansi.ON : Ansi.OFF;
        session.console().print(about.commandLine().getUsageMessage(ansi));
        session.console().flush();
        return 0;
    }

    private static void arrange(CommandSpec about) {
        boolean isRoot = about == about.root();
        UsageMessageSpec usage = about.usageMessage();
        usage.abbreviateSynopsis(true).synopsisHeading("Usage: ").footerHeading("Examples:%n");
        usage.sectionKeys(List.of(
                UsageMessageSpec.SECTION_KEY_HEADER,
                "blank1",
                UsageMessageSpec.SECTION_KEY_FOOTER_HEADING,
                UsageMessageSpec.SECTION_KEY_FOOTER,
                "blank2",
                UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING,
                UsageMessageSpec.SECTION_KEY_SYNOPSIS,
                UsageMessageSpec.SECTION_KEY_DESCRIPTION,
                "blank3",
                UsageMessageSpec.SECTION_KEY_PARAMETER_LIST,
                UsageMessageSpec.SECTION_KEY_OPTION_LIST,
                UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING,
                UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
                "more"));
        usage.commandListHeading("%nCommands:%n");
        for (String blank : List.of("blank1", "blank2", "blank3")) {
            usage.sectionMap().put(blank, help -> "\n");
        }
        usage.sectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> options(help, isRoot));
        usage.sectionMap()
                .put(
                        "more",
                        help -> isRoot
                                ? "\nkvctl help COMMAND tells more; kvctl help exit-codes.\n"
                                : "\nGlobal options (-c, -o, --timeout, ...): kvctl help\n");
        usage.width(100);
    }

    private static String options(CommandLine.Help help, boolean isRoot) {
        List<OptionSpec> shown = help.commandSpec().options().stream()
                .filter(option -> isRoot || !option.inherited())
                .filter(option -> !option.hidden())
                .toList();
        CommandLine.Help.Layout layout = help.createDefaultLayout();
        layout.addOptions(shown, help.parameterLabelRenderer());
        return layout.toString();
    }
}
