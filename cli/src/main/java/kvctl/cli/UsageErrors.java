package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in our words what picocli did not understand, and which word it was. */
final class UsageErrors implements CommandLine.IParameterExceptionHandler, CommandLine.IExecutionExceptionHandler {
    private final Session session;

    UsageErrors(Session session) {
        this.session = session;
    }

    @Override
    public int handleParseException(ParameterException error, String[] args) {
        CommandLine command = error.getCommandLine();
        Kvctl options = (Kvctl) command.getCommandSpec().root().userObject();
        session.apply(options); // As far as they were understood: -o json should hold for this error too.
        if (options.wantsHelp()) {
            return Help.show(session, command.getCommandSpec());
        }
        return session.errors().report(inWords(error));
    }

    @Override
    public int handleExecutionException(Exception error, CommandLine command, ParseResult result) {
        return session.errors().report(error instanceof ParameterException bad ? inWords(bad) : error);
    }

    CliException inWords(ParameterException error) {
        CommandLine command = error.getCommandLine();
        String qualified = command.getCommandSpec().qualifiedName();
        String name = qualified.startsWith("kvctl ") ? qualified.substring(6) : qualified;
        String help = "kvctl help" + (name.equals("kvctl") ? "" : " " + name);
        if (error instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            String word = unmatched.getUnmatched().get(0);
            if (session.position() != null) {
                session.at(session.position().pointTo(word));
            }
            return unmatched(command, word, help);
        }
        if (error instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()) {
            List<String> names = new ArrayList<>();
            missing.getMissing().forEach(arg -> names.add(arg.paramLabel()));
            return CliException.usage("'" + name + "' needs " + String.join(" and ", names) + ".", help);
        }
        if (error.getCause() instanceof CliException cli) {
            return cli;
        }
        if (error.getArgSpec() != null && error.getValue() != null) {
            return badValue(error, help);
        }
        String message = error.getMessage();
        return CliException.usage(message.endsWith(".") || message.endsWith("?") ? message : message + ".", help);
    }

    /** An option or parameter whose word does not mean what it should. */
    private CliException badValue(ParameterException error, String help) {
        String what = error.getArgSpec() instanceof CommandLine.Model.OptionSpec option
                ? option.longestName()
                : error.getArgSpec().paramLabel();
        Class<?> type = error.getArgSpec().typeInfo().isMultiValue()
                ? error.getArgSpec().auxiliaryTypes()[0]
                : error.getArgSpec().type();
        String wanted = type == Format.class
                ? "auto, table, json, ndjson, csv, tsv or raw"
                : type == long.class || type == Long.class || type == int.class || type == Integer.class
                        ? "a number"
                        : null;
        if (error.getArgSpec().converters().length > 0 || wanted == null) {
            String message = error.getMessage();
            int own =
                    message.indexOf(": '"); // Picocli puts "Invalid value for option '--timeout'" before our sentence.
            String text = own < 0 ? message : message.substring(own + 2);
            int hint = text.indexOf(" hint: ");
            return hint < 0
                    ? CliException.usage(text, help)
                    : CliException.usage(text.substring(0, hint), text.substring(hint + 7));
        }
        return CliException.usage(
                "'" + error.getValue() + "' is not right for " + what + ": it takes " + wanted + ".", help);
    }

    private CliException unmatched(CommandLine command, String word, String help) {
        String name = command.getCommandName();
        if (word.startsWith("-") && word.length() > 1) {
            List<String> known = new ArrayList<>();
            command.getCommandSpec().options().forEach(option -> known.addAll(List.of(option.names())));
            String near = Words.nearest(word, known);
            if (near != null && word.startsWith("--")) {
                return CliException.usage("Unknown option '" + word + "'. Did you mean '" + near + "'?", help);
            }
            String value = takesValue(name)
                    ? " To store it as a value write: kvctl " + name + " k" + (name.equals("cas") ? " VERSION" : "")
                            + " -- " + Words.quoted(word)
                    : "";
            return CliException.usage("Unknown option '" + word + "'." + value, help);
        }
        if (!command.getSubcommands().isEmpty()) {
            String near =
                    Words.nearest(word, List.copyOf(command.getSubcommands().keySet()));
            String known = near == null ? "" : " Did you mean '" + near + "'?";
            return CliException.usage("Unknown command '" + word + "'." + known, near == null ? help : null);
        }
        boolean takesWords = !command.getCommandSpec().positionalParameters().isEmpty();
        return CliException.usage(
                "'" + name + "' does not take a further word: '" + word + "'.",
                takesWords ? "quote a value that has blanks; " + help : help);
    }

    private static boolean takesValue(String command) {
        return command.equals("put") || command.equals("append") || command.equals("cas");
    }
}
