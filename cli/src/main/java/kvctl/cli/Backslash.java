package kvctl.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jline.reader.History;
import org.jline.utils.InfoCmp.Capability;

/** The commands of the REPL itself; they begin with a backslash so that they never collide with the cluster's. */
final class Backslash {
    private static final Map<String, String> KNOWN = new LinkedHashMap<>();

    static {
        KNOWN.put("\\?", "This list.");
        KNOWN.put("\\q", "Leave; also exit and Ctrl-D.");
        KNOWN.put("\\timing", "[on|off]  Show time, shard, node and log index of each answer.");
        KNOWN.put("\\watch", "[TIME] COMMAND  Repeat a command until Ctrl-C; every second unless TIME says otherwise.");
        KNOWN.put("\\o", "[FILE]  Write results to a file; without FILE to the terminal again.");
        KNOWN.put("\\i", "FILE  Run the commands of a file.");
        KNOWN.put("\\!", "[COMMAND]  Run a command of the shell.");
        KNOWN.put("\\e", "Edit the last command in $EDITOR and run it.");
        KNOWN.put("\\format", "[FORMAT]  Format of results: auto, table, json, ndjson, csv, tsv, raw.");
        KNOWN.put("\\x", "[on|off]  Tables with one line per cell.");
        KNOWN.put("\\set", "[NAME [VALUE]]  Show or change settings.");
        KNOWN.put("\\history", "[N]  Show the last commands.");
    }

    static final List<String> NAMES = List.copyOf(KNOWN.keySet());

    private final Session session;
    private final Repl repl;
    private Console.Target terminalTarget;

    Backslash(Session session, Repl repl) {
        this.session = session;
        this.repl = repl;
    }

    static String describe(String name) {
        return KNOWN.get(name).replaceFirst("^.*  ", "");
    }

    void run(String text, Tokenizer.Line line) {
        try {
            dispatch(text, line);
        } catch (CliException | Session.Cancelled e) {
            session.errors().report(e);
        }
    }

    private void dispatch(String text, Tokenizer.Line line) {
        String[] words = line.words();
        String name = words[0];
        String argument = words.length > 1 ? words[1] : null;
        if (name.startsWith("\\!")) {
            shell(text.strip().substring(2).strip());
            return;
        }
        if (line.state() == Tokenizer.State.BAD) {
            throw CliException.usage(line.problem() + ".", null);
        }
        switch (name) {
            case "\\?" -> help();
            case "\\timing" -> toggle("timing", argument);
            case "\\x" -> toggle("vertical", argument);
            case "\\watch" -> watch(text, line);
            case "\\o" -> output(argument);
            case "\\i" -> input(argument);
            case "\\e" -> edit();
            case "\\format" -> format(argument);
            case "\\set" -> set(words);
            case "\\history" -> history(argument);
            default -> {
                String near = Words.nearest(name, NAMES);
                String meant = near == null ? "" : " Did you mean '" + near + "'?";
                throw CliException.usage("Unknown command '" + name + "'." + meant, "\\? lists them");
            }
        }
    }

    private void help() {
        Console console = session.console();
        KNOWN.forEach((name, text) -> {
            int gap = text.indexOf("  ");
            String arguments = gap < 0 ? "" : " " + text.substring(0, gap);
            String meaning = gap < 0 ? text : text.substring(gap + 2);
            String left = name + arguments;
            console.line("  " + console.paint(Ink.BOLD, left) + " ".repeat(Math.max(2, 26 - left.length())) + meaning);
        });
        console.line("  COMMAND \\| SHELL          Send the result of a command through a command of the shell.");
        console.line("  help, help COMMAND        What the cluster understands, with examples.");
        console.line("Keys: TAB completes, Ctrl-R searches the history, Up finds lines that begin with what is typed,");
        console.line("Right takes the grey suggestion, Ctrl-C ends the running command, Ctrl-D leaves.");
    }

    private void toggle(String setting, String value) {
        String next = value != null ? value : repl.settings().isOn(setting) ? "off" : "on";
        repl.settings().set(setting, next);
        effect(setting);
        session.note(setting + " is " + repl.settings().get(setting));
    }

    private void format(String word) {
        if (word != null) {
            repl.settings().set("format", word);
            effect("format");
        }
        session.note("format is " + repl.settings().get("format"));
    }

    /** Settings that something else has to be told of. */
    private void effect(String name) {
        ReplSettings settings = repl.settings();
        switch (name) {
            case "suggest" -> repl.suggest(settings.isOn("suggest"));
            case "vertical" -> session.vertical(settings.isOn("vertical"));
            case "format" -> session.base(session.base().withFormat(ReplSettings.format(settings.get("format"))));
            case "timeout" -> session.base(session.base().withTimeout(Durations.parseMs(settings.get("timeout"))));
            default -> {}
        }
    }

    private void set(String[] words) {
        if (words.length > 2) {
            repl.settings().set(words[1], String.join(" ", List.of(words).subList(2, words.length)));
            effect(words[1]);
            return;
        }
        try (Rows rows =
                Rows.many(session, "settings", Column.text("name"), Column.text("value"), Column.text("default"))) {
            for (String[] row : repl.settings().rows()) {
                if (words.length == 1 || row[0].equals(words[1])) {
                    rows.row(row[0], row[1], row[2]);
                }
            }
        }
        if (words.length == 2) {
            repl.settings()
                    .set(words[1], String.valueOf(repl.settings().get(words[1]))); // Complains of an unknown name.
        }
    }

    private void history(String count) {
        int most = count == null ? 50 : count.matches("[0-9]{1,6}") ? Integer.parseInt(count) : -1;
        if (most < 0) {
            throw CliException.usage("'" + count + "' is no number.", null);
        }
        History history = repl.lineReader().getHistory();
        int skip = Math.max(0, history.size() - most);
        for (History.Entry entry : history) {
            if (skip-- <= 0) {
                session.console().line(String.format("%5d  %s", entry.index() + 1, entry.line()));
            }
        }
    }

    private void output(String file) {
        Console console = session.console();
        if (terminalTarget != null) {
            OutputStream old = console.redirect(terminalTarget).stream();
            terminalTarget = null;
            try {
                old.close();
            } catch (IOException e) {
                throw CliException.usage("The file was not written to its end: " + e.getMessage() + ".", null);
            }
        }
        if (file == null) {
            session.note("results go to the terminal");
            return;
        }
        try {
            OutputStream to = new BufferedOutputStream(Files.newOutputStream(Path.of(file)));
            terminalTarget = console.redirect(new Console.Target(to, false));
            session.note("results go to " + file + "; \\o ends it");
        } catch (IOException e) {
            throw CliException.usage("Cannot write " + file + ": " + e.getMessage() + ".", null);
        }
    }

    private void input(String file) {
        if (file == null) {
            throw CliException.usage("'\\i' needs a file.", "\\i tour.kv");
        }
        new Script(session, new Script.Manner(false, true, false)).runFile(file);
    }

    private void watch(String text, Tokenizer.Line line) {
        List<Tokenizer.Token> tokens = line.tokens();
        boolean timed = tokens.size() > 2 && tokens.get(1).text().matches("[0-9.]+(ms|s|m|h)?");
        if (tokens.size() < 2) {
            throw CliException.usage("'\\watch' needs a command.", "\\watch 1 status");
        }
        long everyMs = Math.max(100, timed ? Durations.parseMs(tokens.get(1).text()) : 1_000);
        String command = text.substring(tokens.get(timed ? 2 : 1).start());
        Tokenizer.Line watched = Tokenizer.split(command);
        Console console = session.console();
        int code = 0;
        while (code == 0 && !session.isCancelled()) {
            if (!repl.isDumb() && console.outIsTty()) {
                repl.terminal().puts(Capability.clear_screen);
                repl.terminal().flush();
            }
            LocalTime now = LocalTime.now().truncatedTo(ChronoUnit.SECONDS);
            session.note("every " + Durations.text(everyMs) + ": " + command + "   " + now + "   Ctrl-C ends it");
            code = repl.runCommand(command, watched);
            if (code == 0) {
                try {
                    session.pause(everyMs);
                } catch (Session.Cancelled e) {
                    return; // That is how a watch ends.
                }
            }
        }
    }

    private int shell(String command) {
        String run = command.isEmpty() ? session.console().env().getOrDefault("SHELL", "sh") : command;
        session.console().flush();
        try {
            Process process = new ProcessBuilder("sh", "-c", run).inheritIO().start();
            int code = process.waitFor();
            if (code != 0) {
                session.note("exit code " + code);
            }
            return code;
        } catch (IOException e) {
            throw CliException.usage("Cannot run sh: " + e.getMessage() + ".", null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private void edit() {
        History history = repl.lineReader().getHistory();
        String last = "";
        for (History.Entry entry : history) {
            last = entry.line().startsWith("\\e") ? last : entry.line();
        }
        Map<String, String> env = session.console().env();
        String editor = env.getOrDefault("VISUAL", env.getOrDefault("EDITOR", "vi"));
        try {
            Path file = Files.createTempFile("kvctl-", ".kv");
            try {
                Files.write(file, Bytes.of(last + "\n"));
                if (shell(editor + " '" + file + "'") != 0) {
                    return;
                }
                String edited = Bytes.text(Files.readAllBytes(file)).strip();
                if (!edited.isEmpty()) {
                    session.note(edited);
                    history.add(edited);
                    for (String command : edited.split("\n(?!\\s)")) {
                        repl.runText(command);
                    }
                }
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw CliException.usage("Cannot edit: " + e.getMessage() + ".", null);
        }
    }
}
