package kvctl.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * All commands by name. A command's class is loaded when the command is asked for and not before, so that a one-shot
 * get does not pay for the rest; for the same reason this is a switch and not a table of lambdas.
 */
final class Commands {
    /** In the order of the help. */
    static final List<String> NAMES = List.of("echo", "help");

    private Commands() {}

    /** A new command object, or null if there is no such command. */
    private static Object create(String name, Session session) {
        return switch (name) {
            case "echo" -> new Echo(session);
            case "help" -> new Help(session);
            default -> null;
        };
    }

    /** The command that these words run, or null if only a parser with the whole tree can tell. */
    static String nameIn(String... words) {
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            switch (word) {
                case "-c", "--cluster", "-o", "--output", "--color", "--timeout" -> i++;
                case "-q", "--quiet", "--no-header", "--no-pager", "--debug" -> {}
                default -> {
                    return NAMES.contains(word) && !word.equals("help") ? word : null;
                }
            }
        }
        return null;
    }

    /** The tree with one command, or with all if {@code only} is null. */
    static CommandLine tree(Session session, String only) {
        CommandLine root = new CommandLine(new Kvctl(session));
        if (only != null) {
            root.addSubcommand(only, create(only, session));
        } else {
            for (String name : NAMES) {
                root.addSubcommand(name, create(name, session));
            }
        }
        Errors errors = session.errors();
        root.setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(false)
                .setUnmatchedOptionsArePositionalParams(false)
                .setParameterExceptionHandler(errors)
                .setExecutionExceptionHandler(errors)
                .setExecutionStrategy(new Run(session));
        return root;
    }

    /** Applies the global options, answers --help, and runs the command. */
    private record Run(Session session) implements CommandLine.IExecutionStrategy {
        @Override
        public int execute(CommandLine.ParseResult result) {
            CommandSpec root = result.commandSpec().root();
            Kvctl options = (Kvctl) root.userObject();
            session.apply(options);
            CommandLine.ParseResult last = result;
            while (last.hasSubcommand()) {
                last = last.subcommand();
            }
            if (options.wantsHelp()) {
                return Help.show(session, last.commandSpec());
            }
            if (last != result && options.isScript()) {
                throw new CommandLine.ParameterException(
                        root.commandLine(),
                        "-e, -f, --keep-going, --echo, --dry-run and --version stand alone, without '"
                                + last.commandSpec().name() + "'.");
            }
            if (!(last.commandSpec().userObject() instanceof java.util.concurrent.Callable)) {
                throw new CommandLine.ParameterException(
                        last.commandSpec().commandLine(),
                        "'" + last.commandSpec().qualifiedName() + "' needs a command behind it.");
            }
            return new CommandLine.RunLast().execute(result);
        }
    }
}
