package kvctl.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kvctl.cli.check.Troubles;
import picocli.CommandLine;

/**
 * What the commands of one invocation, one script or one REPL share: streams, settings and the connection. Runs command
 * lines. One thread at a time; only {@link #cancel} and {@link #underWay} may be called from others.
 */
public final class Session implements AutoCloseable {
    private final Console console;
    private final Map<String, CommandLine> trees = new HashMap<>();
    private final Errors errors = new Errors(this);
    private Settings base;
    private Settings settings;
    private Position position;
    private Connection connection;
    private boolean inputIsTaken;
    private boolean isRepl;
    private boolean vertical;
    private boolean outputClosed;
    private Result lastResult;
    private Troubles troubles;
    private int place;

    private volatile CompletableFuture<?> running;
    private volatile boolean cancelled;
    private volatile String underWay;

    /** What a request was answered with, for the timing line of the REPL. */
    record Result(kvctl.client.Result answer, double ms) {}

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

    /** From the next command on. */
    public void base(Settings newBase) {
        base = newBase;
        settings = newBase;
        console.color(newBase.color());
    }

    /** Standard input holds commands, so no command may read it. */
    boolean inputIsTaken() {
        return inputIsTaken;
    }

    void takeInput() {
        inputIsTaken = true;
    }

    /** Commands come from the REPL, which goes on after them. */
    public boolean isRepl() {
        return isRepl;
    }

    void enterRepl() {
        isRepl = true;
        inputIsTaken = true;
    }

    void leaveRepl() {
        isRepl = false;
    }

    /** Tables show one line per cell ({@code \x}). */
    boolean vertical() {
        return vertical;
    }

    void vertical(boolean on) {
        vertical = on;
    }

    /** Where the running command stands in its script; null outside scripts. */
    Position position() {
        return position;
    }

    void at(Position newPosition) {
        position = newPosition;
    }

    /** Nobody reads the results any more: what follows need not run. */
    boolean isOutputClosed() {
        return outputClosed;
    }

    void outputClosed(boolean closed) {
        outputClosed = closed;
    }

    Errors errors() {
        return errors;
    }

    /** A line beside the result, for humans; {@code --quiet} drops it. */
    public void note(String text) {
        if (!settings.quiet()) {
            console.note(console.paintErr(Ink.DIM, text));
        }
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

    /** The connection to the cluster that the settings name; opened at the first use, kept while the name stays. */
    Connection connection() {
        if (connection != null && !connection.isFor(settings.cluster())) {
            connection.close();
            connection = null;
        }
        if (connection == null) {
            connection = Connection.open(this);
        }
        return connection;
    }

    /** How a command begins that is to go to this session's cluster. */
    public String kvctl() {
        return base.cluster() == null ? "kvctl" : "kvctl -c " + Words.quoted(base.cluster());
    }

    /** What nemeses have broken since the session began. */
    public Troubles troubles() {
        if (troubles == null) {
            troubles = new Troubles();
        }
        return troubles;
    }

    /** Node beside which the client counts as being; 0: none. */
    int place() {
        return place;
    }

    void placeAt(int nodeId) {
        place = nodeId;
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    /** Waits until it completes or {@link #cancel} is called. */
    <T> T await(CompletableFuture<T> future) {
        CompletableFuture<T> mine = future.copy(); // So that a cancelled wait does not touch the request itself.
        running = mine;
        try {
            if (cancelled) {
                throw new Cancelled();
            }
            return mine.get();
        } catch (CancellationException e) {
            throw new Cancelled();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() instanceof CompletionException inner ? inner.getCause() : e.getCause();
            if (cause instanceof RuntimeException known) {
                throw known;
            }
            throw new IllegalStateException(cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Cancelled();
        } finally {
            running = null;
        }
    }

    /** Sleeps, or until {@link #cancel} is called. */
    public void pause(long ms) {
        CompletableFuture<Void> never = new CompletableFuture<>();
        running = never;
        try {
            if (cancelled) {
                throw new Cancelled();
            }
            never.get(ms, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // Slept.
        } catch (CancellationException | ExecutionException e) {
            throw new Cancelled();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Cancelled();
        } finally {
            running = null;
        }
    }

    /** Ends the running command soon; any thread. */
    public void cancel() {
        cancelled = true;
        CompletableFuture<?> future = running;
        if (future != null) {
            future.cancel(false);
        }
    }

    /** Forgets a {@link #cancel}: what the user types next has not been cancelled. */
    void uncancel() {
        cancelled = false;
    }

    /** A new line begins: the options of the last one do not hold any more. */
    void begin() {
        settings = base;
        console.color(base.color());
    }

    public boolean isCancelled() {
        return cancelled;
    }

    /** Thrown where a command waits when it is cancelled. */
    static final class Cancelled extends RuntimeException {
        Cancelled() {
            super("Cancelled.", null, false, false);
        }
    }

    /** Names the write that is sent and not answered, for whoever ends the process now; null if there is none. */
    String underWay() {
        return underWay;
    }

    void underWay(String what) {
        underWay = what;
    }

    /** The last answer since the last call; null if there was none. */
    Result takeResult() {
        Result taken = lastResult;
        lastResult = null;
        return taken;
    }

    void answered(kvctl.client.Result answer, double ms) {
        lastResult = new Result(answer, ms);
    }

    @Override
    public void close() {
        if (connection != null) {
            connection.close();
            connection = null;
        }
        console.flush();
    }
}
