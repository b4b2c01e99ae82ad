package kvctl.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.keymap.KeyMap;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.Reference;
import org.jline.reader.UserInterruptException;
import org.jline.reader.Widget;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.InfoCmp.Capability;
import org.jline.widget.AutosuggestionWidgets;
import picocli.CommandLine;

/** The interactive prompt. It runs the same command lines as a script does, and adds those behind a backslash. */
public final class Repl {
    private static final long FIRST_LOOK_MS = 300;
    private static final int HISTORY_LINES = 5_000;
    private static final int NOTICES_MOST = 5;
    private static final long NOTICES_WINDOW_NS = 2_000_000_000L;

    private final Session session;
    private final Terminal terminal;
    private final boolean dumb;
    private final ReplSettings settings = new ReplSettings();
    private final ClusterPoll poll;
    private final LineReaderImpl reader;
    private final Backslash backslash;
    private final ArrayDeque<String> waitingNotices = new ArrayDeque<>();
    private AutosuggestionWidgets suggestions;
    private long noticesSinceNs;
    private int noticesShown;
    private volatile boolean ended;
    private volatile Thread runner;
    private volatile boolean busy;
    private volatile String shownPrompt;

    Repl(Session session, Terminal terminal) {
        this.session = session;
        this.terminal = terminal;
        this.dumb = terminal.getType().startsWith(Terminal.TYPE_DUMB);
        this.poll = new ClusterPoll(session.console().env(), session.base().cluster(), this::looked);
        this.reader = reader();
        this.backslash = new Backslash(session, this);
        session.enterRepl();
    }

    /**
     * Talks to the user on the process's terminal until he leaves.
     *
     * @param session its base settings name the cluster
     * @return exit code: 0
     */
    public static int run(Session session) {
        return run(session, null);
    }

    /**
     * As above.
     *
     * @param onStart told the REPL before the first prompt, for whoever wants to {@link #end} it; may be null
     */
    public static int run(Session session, java.util.function.Consumer<Repl> onStart) {
        try (Terminal terminal = TerminalBuilder.builder()
                .name("kvctl")
                .system(true)
                .provider("jni")
                .dumb(true)
                .build()) {
            Repl repl = new Repl(session, terminal);
            if (onStart != null) {
                onStart.accept(repl);
            }
            return repl.loop();
        } catch (IOException e) {
            throw new CliException(ExitCode.INTERNAL, "Cannot use the terminal: " + e.getMessage() + ".", null, e);
        }
    }

    /** Leaves as if the user had; from any thread, also while a command runs. */
    public void end() {
        ended = true;
        session.cancel();
        Thread thread = runner;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private LineReaderImpl reader() {
        CommandLine root = Commands.tree(session, null);
        LineReaderBuilder builder = LineReaderBuilder.builder()
                .terminal(terminal)
                .appName("kvctl")
                .parser(new ReplParser())
                .completer(new ReplCompleter(session, root, poll))
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.HISTORY_IGNORE_SPACE, true)
                .option(LineReader.Option.HISTORY_IGNORE_DUPS, true)
                .option(LineReader.Option.INSERT_TAB, false)
                .option(LineReader.Option.AUTO_FRESH_LINE, !dumb)
                .option(LineReader.Option.BRACKETED_PASTE, !dumb)
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, "   ...> ")
                .variable(LineReader.HISTORY_SIZE, HISTORY_LINES)
                .variable(LineReader.BELL_STYLE, "none");
        if (!dumb && session.console().colorsOut()) {
            builder.highlighter(new ReplHighlighter(root));
        }
        Path history = historyFile();
        if (history != null) {
            builder.variable(LineReader.HISTORY_FILE, history);
        }
        LineReaderImpl made = (LineReaderImpl) builder.build();
        if (!dumb) {
            bindPrefixSearch(made);
            bindInterrupt(made);
        }
        return made;
    }

    /** Up and down look for lines that begin with what is typed. */
    private void bindPrefixSearch(LineReader made) {
        var keys = made.getKeyMaps().get(LineReader.MAIN);
        keys.bind(new Reference(LineReader.HISTORY_BEGINNING_SEARCH_BACKWARD), KeyMap.key(terminal, Capability.key_up));
        keys.bind(
                new Reference(LineReader.HISTORY_BEGINNING_SEARCH_FORWARD), KeyMap.key(terminal, Capability.key_down));
        keys.bind(new Reference(LineReader.HISTORY_BEGINNING_SEARCH_BACKWARD), "\u001b[A");
        keys.bind(new Reference(LineReader.HISTORY_BEGINNING_SEARCH_FORWARD), "\u001b[B");
    }

    /**
     * At the prompt Ctrl-C is a key like others and no signal: a signal overtakes what was typed before it, and is
     * overtaken by what is typed after it.
     */
    private void bindInterrupt(LineReader made) {
        made.getWidgets().put(LineReader.CALLBACK_INIT, () -> {
            Attributes attributes = terminal.getAttributes();
            attributes.setControlChar(Attributes.ControlChar.VINTR, 0);
            terminal.setAttributes(attributes);
            return true;
        });
        made.getKeyMaps()
                .get(LineReader.MAIN)
                .bind(
                        (Widget) () -> {
                            throw new UserInterruptException(made.getBuffer().toString());
                        },
                        KeyMap.ctrl('C'));
    }

    /** Made before JLine can make it, so that others cannot read it. Null if it cannot be: then there is no history. */
    private Path historyFile() {
        Path home = Home.of(session.console().env());
        Path file = home.resolve("history");
        try {
            Home.createPrivate(home);
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                var ownerOnly = PosixFilePermissions.fromString("rw-------");
                try {
                    Files.createFile(file, PosixFilePermissions.asFileAttribute(ownerOnly));
                } catch (FileAlreadyExistsException e) {
                    Files.setPosixFilePermissions(file, ownerOnly);
                }
            }
            return file;
        } catch (FileSystemException e) {
            session.note("no history is kept: " + e.getMessage());
            return null;
        } catch (IOException e) {
            return null;
        }
    }

    int loop() {
        runner = Thread.currentThread();
        suggest(settings.isOn("suggest"));
        poll.awaitFirst(FIRST_LOOK_MS);
        banner();
        // For the whole time: a Ctrl-C that falls between prompt and command must not end the process and its nodes.
        Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, signal -> interrupt());
        try {
            while (!ended && !session.isOutputClosed()) {
                showWaitingNotices();
                sizeChanged();
                String text = read();
                if (text == null || !runText(text)) {
                    break;
                }
            }
        } finally {
            terminal.handle(Terminal.Signal.INT, before);
            runner = null;
            Thread.interrupted(); // end() may have interrupted late; whoever cleans up must not notice.
            poll.close();
            save();
            session.leaveRepl();
        }
        return ExitCode.OK.code();
    }

    /** The next command; empty after Ctrl-C; null at the end. */
    private String read() {
        try {
            shownPrompt = prompt();
            return reader.readLine(shownPrompt);
        } catch (UserInterruptException e) {
            return ended ? null : "";
        } catch (EndOfFileException e) {
            return null;
        }
    }

    private void save() {
        try {
            reader.getHistory().save();
        } catch (IOException e) {
            session.note("the history was not saved: " + e.getMessage());
        }
    }

    private void banner() {
        if (session.base().quiet()) {
            return;
        }
        ClusterPoll.Seen seen = poll.latest();
        Console console = session.console();
        String cluster = seen.name() == null
                ? "no cluster is running here; 'cluster up --detach' starts one"
                : seen.view() == null
                        ? "cluster " + seen.name() + ", no node answers"
                        : "cluster " + seen.name() + ", " + seen.view().up() + " of "
                                + seen.view().nodes().size() + " nodes up, "
                                + seen.view().map().dataGroups().size() + " groups";
        console.line(console.paint(Ink.BOLD, "kvctl " + Version.NUMBER) + "  " + cluster);
        console.line(console.paint(Ink.DIM, "Type \\? for help, TAB to complete, \\q to leave."));
    }

    private String prompt() {
        String pattern = settings.get("prompt");
        boolean colors = !dumb && session.console().colorsOut();
        String text = colors ? ReplPrompt.painted(poll.latest(), pattern) : ReplPrompt.text(poll.latest(), pattern);
        return text.replace("%", "%%");
    }

    private void sizeChanged() {
        if (!dumb) {
            session.console().size(terminal.getWidth(), terminal.getHeight());
        }
    }

    /** Runs one line. False: the user wants to leave. */
    boolean runText(String text) {
        Tokenizer.Line line = Tokenizer.split(text);
        if (line.tokens().isEmpty() && line.state() != Tokenizer.State.BAD) {
            return true;
        }
        String first = line.tokens().isEmpty() ? "" : line.tokens().get(0).text();
        if (first.equals("exit") || first.equals("quit") || first.equals("\\q")) {
            return false;
        }
        session.uncancel();
        session.begin();
        busy = true;
        try {
            if (first.startsWith("\\")) {
                backslash.run(text, line);
            } else {
                runCommand(text, line);
            }
        } catch (Console.Closed e) {
            return false; // The terminal is gone.
        } finally {
            busy = false;
            session.console().flush();
        }
        return true;
    }

    /** Runs a command with its timing. Returns its exit code. */
    int runCommand(String text, Tokenizer.Line line) {
        if (line.state() == Tokenizer.State.BAD) {
            String caret = " ".repeat(Math.max(0, line.problemAt())) + "^";
            return session.errors()
                    .report(CliException.usage(
                            Character.toUpperCase(line.problem().charAt(0))
                                    + line.problem().substring(1) + ".",
                            text.indexOf('\n') < 0 && !dumb ? "here\n" + text + "\n" + caret : null));
        }
        session.takeResult();
        int code = CommandRun.run(session, line);
        Session.Result result = session.takeResult();
        if (result != null && settings.isOn("timing")) {
            session.note(timing(result));
        }
        followBase();
        return code;
    }

    private static String timing(Session.Result result) {
        var answer = result.answer();
        String shard = answer.shardId() < 0 ? "" : "  shard " + answer.shardId() + " @ " + answer.node();
        String index = answer.index() == 0 ? "" : "  index " + answer.index();
        return String.format(Locale.ROOT, "%.1f ms%s%s", result.ms(), shard, index);
    }

    /** The second Ctrl-C of a command also ends what does not look whether it was cancelled. */
    private void interrupt() {
        if (!busy) {
            return;
        }
        boolean again = session.isCancelled();
        session.cancel();
        Thread thread = runner;
        if (again && thread != null) {
            thread.interrupt();
        }
    }

    private void followBase() {
        poll.follow(session.base().cluster());
    }

    /** From the poll's thread: news stand above the prompt if it is there, else before the next one; it tells the truth. */
    private void looked(List<String> news) {
        if (ended) {
            return;
        }
        if (settings.isOn("notices")) {
            keep(news);
        }
        if (dumb || !reader.isReading()) {
            return;
        }
        for (String notice : takeNotices()) {
            showPrompt(prompt());
            reader.printAbove(session.console().paint(Ink.YELLOW, notice));
        }
        String now = prompt();
        if (!now.equals(shownPrompt)) {
            showPrompt(now);
            try {
                reader.callWidget(LineReader.REDISPLAY);
            } catch (IllegalStateException e) {
                // A line has just been entered: the next prompt is a new one anyway.
            }
        }
    }

    private void showPrompt(String prompt) {
        shownPrompt = prompt;
        reader.setPrompt(prompt);
    }

    private void keep(List<String> news) {
        String time = LocalTime.now()
                .truncatedTo(ChronoUnit.SECONDS)
                .format(java.time.format.DateTimeFormatter.ofPattern("HH:mm:ss"));
        synchronized (waitingNotices) {
            news.forEach(each -> waitingNotices.add("[" + time + "] " + each));
        }
    }

    /** At most {@value #NOTICES_MOST} in two seconds; how many more there were is said in one line. */
    private List<String> takeNotices() {
        synchronized (waitingNotices) {
            List<String> taken = new ArrayList<>();
            long now = System.nanoTime();
            if (now - noticesSinceNs > NOTICES_WINDOW_NS) {
                noticesSinceNs = now;
                noticesShown = 0;
            }
            while (!waitingNotices.isEmpty() && noticesShown < NOTICES_MOST) {
                taken.add(waitingNotices.poll());
                noticesShown++;
            }
            if (noticesShown == NOTICES_MOST && waitingNotices.size() > 0) {
                noticesShown++;
                taken.add("... and " + waitingNotices.size() + " more changes; status shows where it stands");
            }
            if (noticesShown > NOTICES_MOST) {
                waitingNotices.clear();
            }
            return taken;
        }
    }

    private void showWaitingNotices() {
        for (String notice : takeNotices()) {
            session.console().note(session.console().paintErr(Ink.YELLOW, notice));
        }
    }

    /** Grey suggestions from the history. */
    void suggest(boolean on) {
        if (dumb) {
            return;
        }
        if (suggestions == null) {
            suggestions = new AutosuggestionWidgets(reader);
        }
        if (on) {
            suggestions.enable();
        } else {
            suggestions.disable();
        }
    }

    ReplSettings settings() {
        return settings;
    }

    LineReader lineReader() {
        return reader;
    }

    Terminal terminal() {
        return terminal;
    }

    boolean isDumb() {
        return dumb;
    }
}
