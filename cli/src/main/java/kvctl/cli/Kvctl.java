package kvctl.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/** The root of the command tree: the global options, and what happens when there is no command. */
@Command(
        name = "kvctl",
        header = "A sharded, Raft-replicated key-value cluster in one jar.",
        synopsisHeading = "Usage: ",
        customSynopsis = {
            "kvctl [OPTIONS] COMMAND [ARGUMENTS]",
            "       kvctl [OPTIONS]                 opens the REPL on a terminal, else reads commands from stdin",
            "       kvctl -e 'COMMAND'... | -f FILE...   runs a script"
        },
        footer = {
            "  kvctl cluster up                      start a cluster and talk to it",
            "  kvctl put city delhi && kvctl get city",
            "  kvctl -e 'put a 1' -e 'append a 2' -e 'get a'",
            "  kvctl scan user: -o json | jq '.rows[].key'"
        })
final class Kvctl implements Callable<Integer> {
    private final Session session;

    @Option(
            names = {"-c", "--cluster"},
            scope = ScopeType.INHERIT,
            paramLabel = "NAME",
            description = "Cluster to talk to: its name, or host:port of a node (KVCTL_CLUSTER).")
    private String cluster;

    @Option(
            names = {"-o", "--output"},
            scope = ScopeType.INHERIT,
            paramLabel = "FORMAT",
            description = "auto, table, json, ndjson, csv, tsv or raw. auto: a table on a terminal, tsv otherwise.")
    private Format format;

    @Option(names = "--no-header", scope = ScopeType.INHERIT, description = "Leave out the header row of csv and tsv.")
    private boolean noHeader;

    @Option(
            names = "--color",
            scope = ScopeType.INHERIT,
            paramLabel = "WHEN",
            converter = ColorWords.class,
            description = "auto, always or never.")
    private String color;

    @Option(
            names = "--timeout",
            scope = ScopeType.INHERIT,
            paramLabel = "TIME",
            converter = Time.class,
            description = "Most time for one request (500ms, 2s; default 2s), or for the whole wait of 'wait'.")
    private Long timeoutMs;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces of errors.")
    private boolean debug;

    @Option(names = "--no-pager", scope = ScopeType.INHERIT, description = "Never page long output.")
    private boolean noPager;

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "Results and errors only: no notes.")
    private boolean quiet;

    @Option(names = "-e", paramLabel = "COMMAND", description = "Run this command; repeatable, in order.")
    private List<String> lines;

    @Option(names = "-f", paramLabel = "FILE", description = "Run the commands of this file; - is stdin.")
    private List<String> files;

    @Option(
            names = "--keep-going",
            description = "Go on after a command fails; the first failure decides the exit code.")
    private boolean keepGoing;

    @Option(names = "--echo", description = "Show each command on stderr before it runs.")
    private boolean echo;

    @Option(names = "--dry-run", description = "Check all lines of the script and run none.")
    private boolean dryRun;

    @Option(
            names = {"-h", "--help"},
            scope = ScopeType.INHERIT,
            description = "Show help.")
    private boolean help;

    @Option(names = "--version", description = "Show the version.")
    private boolean version;

    Kvctl(Session session) {
        this.session = session;
    }

    /** The settings for the command that was just parsed. */
    Settings over(Settings base) {
        return new Settings(
                cluster != null ? cluster : base.cluster(),
                format != null ? format : base.format(),
                base.header() && !noHeader,
                color != null ? color : base.color(),
                debug || base.debug(),
                timeoutMs != null ? timeoutMs : base.timeoutMs(),
                base.pager() && !noPager,
                quiet || base.quiet());
    }

    boolean wantsHelp() {
        return help;
    }

    /** Options that make sense only where no command stands beside them. */
    boolean isScript() {
        return lines != null || files != null || keepGoing || echo || dryRun || version;
    }

    @Override
    public Integer call() {
        if (version) {
            return Version.print(session);
        }
        if (cluster != null && Commands.isName(cluster)) {
            throw CliException.usage(
                    "'" + cluster + "' behind -c is taken for the name of a cluster, and no command is there.",
                    "kvctl -c NAME " + cluster);
        }
        session.base(session.settings()); // What is said here holds for each command of the script.
        boolean script = lines != null || files != null || keepGoing || echo || dryRun;
        if (!script && session.console().inIsTty() && session.console().outIsTty()) {
            return Repl.run(session);
        }
        return new Script(session, new Script.Manner(keepGoing, echo, dryRun)).runAll(lines, files);
    }

    /** Durations in options. */
    static final class Time implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            try {
                return Durations.parseMs(text);
            } catch (CliException e) {
                throw new TypeConversionException(e.getMessage() + " hint: " + e.hint());
            }
        }
    }

    /** The three words of {@code --color}. */
    static final class ColorWords implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            if (text.equals("auto") || text.equals("always") || text.equals("never")) {
                return text;
            }
            throw new TypeConversionException("'" + text + "' is none of auto, always, never.");
        }
    }
}
