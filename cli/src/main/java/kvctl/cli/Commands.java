package kvctl.cli;

import java.util.List;
import kvctl.cli.bench.BenchCommand;
import kvctl.cli.check.CheckCommand;
import kvctl.cli.check.NemesisCommand;
import kvctl.cli.fault.ClockCommand;
import kvctl.cli.fault.DelayCommand;
import kvctl.cli.fault.DiskCommand;
import kvctl.cli.fault.FaultsCommand;
import kvctl.cli.fault.HealCommand;
import kvctl.cli.fault.IsolateCommand;
import kvctl.cli.fault.LinkCommand;
import kvctl.cli.fault.LinkVerb;
import kvctl.cli.fault.PartitionCommand;
import kvctl.cli.fault.ReorderCommand;
import kvctl.cli.launch.LaunchCommands;
import kvctl.cli.sim.SimulateCommand;
import kvctl.cli.verify.VerifyCommand;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * All commands by name. A command's class is loaded when the command is asked for and not before, so that a one-shot
 * get does not pay for the rest; for the same reason this is a switch and not a table of lambdas.
 */
final class Commands {
    private static final List<String> OWN = List.of(
            "get",
            "put",
            "append",
            "delete",
            "cas",
            "scan",
            "locate",
            "status",
            "shards",
            "query",
            "join",
            "leave",
            "move",
            "migrations",
            "migrate",
            "wait",
            "bench",
            "partition",
            "isolate",
            "cut",
            "delay",
            "drop",
            "duplicate",
            "reorder",
            "clog",
            "disk",
            "clock",
            "faults",
            "heal",
            "check",
            "nemesis",
            "simulate",
            "verify",
            "client",
            "expect",
            "expect-error",
            "sleep",
            "echo",
            "repl",
            "completion",
            "help");

    private Commands() {}

    /** A new command object, or a command with what is below it, for one of our own names. */
    private static Object create(String name, Session session) {
        return switch (name) {
            case "get" -> new Get(session);
            case "put" -> new Put(session);
            case "append" -> new Append(session);
            case "delete" -> new Delete(session);
            case "cas" -> new Cas(session);
            case "scan" -> new Scan(session);
            case "locate" -> new Locate(session);
            case "status" -> new Status(session);
            case "shards" -> new ShardList(session);
            case "query" -> new Query(session);
            case "join" -> new Join(session);
            case "leave" -> new Leave(session);
            case "move" -> new Move(session);
            case "migrations" -> new Migrations(session);
            case "migrate" -> Migrate.tree(session);
            case "wait" -> new Wait(session);
            case "bench" ->
                new BenchCommand(
                        session,
                        () -> session.connection().map(),
                        () -> session.connection()
                                .target()
                                .connect(session.settings().requestMs()));
            case "partition" -> new PartitionCommand(session, () -> new ConnectedPlaces(session));
            case "isolate" -> new IsolateCommand(session, () -> new ConnectedPlaces(session));
            case "cut" -> link(session, LinkVerb.CUT);
            case "clog" -> link(session, LinkVerb.CLOG);
            case "drop" -> link(session, LinkVerb.DROP);
            case "duplicate" -> link(session, LinkVerb.DUPLICATE);
            case "delay" -> new DelayCommand(session, () -> new ConnectedPlaces(session));
            case "reorder" -> new ReorderCommand(session, () -> new ConnectedPlaces(session));
            case "disk" -> new DiskCommand(session, () -> new ConnectedPlaces(session));
            case "clock" -> new ClockCommand(session, () -> new ConnectedPlaces(session));
            case "faults" -> new FaultsCommand(session, () -> new ConnectedPlaces(session));
            case "heal" -> new HealCommand(session, () -> new ConnectedPlaces(session));
            case "check" -> new CheckCommand(session, () -> new ConnectedSubject(session)).tree();
            case "nemesis" -> new NemesisCommand(session, () -> new ConnectedSubject(session)).tree();
            case "simulate" -> new SimulateCommand(session);
            case "verify" -> new VerifyCommand(session, () -> new ConnectedSubject(session));
            case "client" -> new ClientPlace(session);
            case "completion" -> new Completion(session);
            case "expect" -> new Expect(session);
            case "expect-error" -> new ExpectError(session);
            case "sleep" -> new Sleep(session);
            case "echo" -> new Echo(session);
            case "help" -> new Help(session);
            case "repl" -> new ReplCommand(session);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static CommandLine link(Session session, LinkVerb verb) {
        CommandLine command = new CommandLine(new LinkCommand(session, () -> new ConnectedPlaces(session), verb));
        command.getCommandSpec()
                .name(verb.word())
                .usageMessage()
                .header(verb.header())
                .footer(verb.examples().toArray(String[]::new));
        return command;
    }

    /** The command that these words run, or null if only a parser with the whole tree can tell. */
    static String nameIn(String... words) {
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            switch (word) {
                case "-c", "--cluster", "-o", "--output", "--color", "--timeout" -> i++;
                case "-q", "--quiet", "--no-header", "--no-pager", "--debug" -> {}
                default -> {
                    boolean known = OWN.contains(word) || LaunchCommands.NAMES.contains(word);
                    return known && !word.equals("help") ? word : null;
                }
            }
        }
        return null;
    }

    /** The tree with one command, or with all if {@code only} is null. */
    static CommandLine tree(Session session, String only) {
        CommandLine root = new CommandLine(new Kvctl(session));
        if (only != null) {
            add(root, only, session);
        } else {
            LaunchCommands.NAMES.subList(0, 1).forEach(name -> add(root, name, session));
            OWN.forEach(name -> add(root, name, session));
            LaunchCommands.NAMES.stream().skip(1).forEach(name -> add(root, name, session));
        }
        UsageErrors errors = new UsageErrors(session);
        root.setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(false)
                .setUnmatchedOptionsArePositionalParams(false)
                .setParameterExceptionHandler(errors)
                .setExecutionExceptionHandler(errors)
                .setExecutionStrategy(new Run(session));
        root.getCommandSpec().parser().allowSubcommandsAsOptionParameters(true); // -e status
        return root;
    }

    /** A word that is a command at the beginning of a line. */
    static boolean isName(String word) {
        return OWN.contains(word) || LaunchCommands.NAMES.contains(word);
    }

    private static void add(CommandLine root, String name, Session session) {
        Object own = OWN.contains(name) ? create(name, session) : LaunchCommands.create(name, session);
        CommandLine command = own instanceof CommandLine tree ? tree : new CommandLine(own);
        command.setStopAtPositional(
                name.startsWith("expect")); // What follows is another command, with its own options.
        root.addSubcommand(name, command);
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
            refuseDashes(result.originalArgs(), last);
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

        /**
         * A word that begins with {@code -} and is no option is a mistake more often than a value. Picocli takes it for a
         * value if it looks different enough from the options; that would be a rule that nobody can remember.
         */
        private static void refuseDashes(List<String> words, CommandLine.ParseResult command) {
            if (command.commandSpec().parser().stopAtPositional()) {
                return;
            }
            int end = words.indexOf("--");
            List<String> before = end < 0 ? words : words.subList(0, end);
            for (CommandLine.Model.PositionalParamSpec positional : command.matchedPositionals()) {
                for (String value : positional.originalStringValues()) {
                    if (value.length() > 1 && value.startsWith("-") && before.contains(value)) {
                        throw new CommandLine.UnmatchedArgumentException(
                                command.commandSpec().commandLine(), List.of(value));
                    }
                }
            }
        }
    }
}
