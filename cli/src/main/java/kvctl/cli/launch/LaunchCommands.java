package kvctl.cli.launch;

import java.util.List;
import kvctl.cli.Session;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The commands of this package, for the command tree. */
public final class LaunchCommands {
    /** In the order of the help. */
    public static final List<String> NAMES =
            List.of("cluster", "kill", "stop", "start", "restart", "pause", "resume", "node", "setup");

    private LaunchCommands() {}

    /** The command of that name with all below it, or null if it is none of {@link #NAMES}. */
    public static CommandLine create(String name, Session session) {
        return switch (name) {
            case "cluster" ->
                new CommandLine(new ClusterGroup())
                        .addSubcommand("up", new UpCommand(session))
                        .addSubcommand("down", new DownCommand(session))
                        .addSubcommand("status", new StatusCommand(session))
                        .addSubcommand("list", new ListCommand(session))
                        .addSubcommand("logs", new LogsCommand(session))
                        .addSubcommand("clean", new CleanCommand(session));
            case "node" -> new CommandLine(new NodeGroup()).addSubcommand("run", new NodeRunCommand());
            case "kill" -> verb(session, NodeVerb.KILL);
            case "stop" -> verb(session, NodeVerb.STOP);
            case "start" -> verb(session, NodeVerb.START);
            case "restart" -> verb(session, NodeVerb.RESTART);
            case "pause" -> verb(session, NodeVerb.PAUSE);
            case "resume" -> verb(session, NodeVerb.RESUME);
            case "setup" -> new CommandLine(new SetupCommand(session));
            default -> null;
        };
    }

    private static CommandLine verb(Session session, NodeVerb verb) {
        CommandLine command = new CommandLine(new NodeCommand(session, verb));
        command.getCommandSpec()
                .name(verb.word())
                .usageMessage()
                .header(verb.header())
                .footer(verb.examples().toArray(String[]::new));
        return command;
    }

    @Command(
            name = "cluster",
            header = "Start, stop and look at clusters of this machine.",
            footer = {"  kvctl cluster up", "  kvctl cluster status", "  kvctl cluster down"})
    private static final class ClusterGroup {}

    @Command(
            name = "node",
            header = "Run one node in this process.",
            footer = "  kvctl node run --topology topology.yaml --node n1 --data /var/lib/kvctl")
    private static final class NodeGroup {}
}
