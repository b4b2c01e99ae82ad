package kvctl.cli;

import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine;

/**
 * What the commands of one invocation, one script or one REPL share: streams, settings and the connection. Runs command
 * lines. One thread at a time.
 */
public final class Session implements AutoCloseable {
    private final Console console;
    private final Map<String, CommandLine> trees = new HashMap<>();
    private final Errors errors = new Errors(this);
    private Settings base;
    private Settings settings;
    private String where;

    /** @param base what holds where a command line says nothing else */
    public Session(Console console, Settings base) {
        this.console = console;
        this.base = base;
        this.settings = base;
        console.color(base.color());
    }

    public Console console() {
        return console;
    }

    /** The settings of the command that runs. */
    public Settings settings() {
        return settings;
    }

    /** What holds where a command line says nothing else. */
    public Settings base() {
        return base;
    }

    /** From the next command on; {@code \format} and {@code cluster up} use it. */
    public void base(Settings newBase) {
        base = newBase;
        settings = newBase;
        console.color(newBase.color());
    }

    /** Where the running command stands in its script, {@code file:line:col}; null outside scripts. */
    String where() {
        return where;
    }

    void at(String position) {
        where = position;
    }

    Errors errors() {
        return errors;
    }

    /** Runs one command line, given as words, and reports its error if it has one. Returns the exit code. */
    public int run(String... words) {
        settings = base;
        console.color(base.color());
        return tree(words).execute(words);
    }

    /** The command tree, with only the branch that these words need if that is clear from the words. */
    CommandLine tree(String... words) {
        String name = Commands.nameIn(words);
        String key = name == null ? "" : name;
        CommandLine tree = trees.get(key);
        if (tree == null) {
            tree = Commands.tree(this, name);
            trees.put(key, tree);
        }
        return tree;
    }

    /** Called once the words of a command are understood, before it runs. */
    void apply(Kvctl options) {
        settings = options.over(base);
        console.color(settings.color());
    }

    @Override
    public void close() {
        console.flush();
    }
}
