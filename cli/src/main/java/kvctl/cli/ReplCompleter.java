package kvctl.cli;

import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kvctl.cli.launch.ClusterDir;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Offers what may stand under the cursor: it walks the command tree to the argument there, and the argument's label says
 * what kind of value it is. Answers within {@value #KEYS_WAIT_MS} ms whatever the cluster does.
 */
final class ReplCompleter implements Completer {
    private static final int KEYS_WAIT_MS = 150;
    private static final int KEYS_MOST = 50;
    private static final int DESCRIPTION_MOST = 60;

    private final CommandLine root;
    private final ClusterPoll poll;
    private final Session session;

    ReplCompleter(Session session, CommandLine root, ClusterPoll poll) {
        this.session = session;
        this.root = root;
        this.poll = poll;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        List<String> words = line.words();
        String word = line.word();
        if (words.get(0).startsWith("\\")) {
            backslash(words, word, candidates);
        } else {
            command(words, 0, word, candidates);
        }
    }

    private void backslash(List<String> words, String word, List<Candidate> candidates) {
        String name = words.get(0);
        if (words.size() == 1) {
            Backslash.NAMES.forEach(each -> candidates.add(candidate(each, "repl", Backslash.describe(each))));
        } else if (name.equals("\\watch")) {
            int first = words.size() > 2 && words.get(1).matches("[0-9.]+(ms|s|m)?") ? 2 : 1;
            command(words, first, word, candidates);
        } else if (words.size() == 2) {
            switch (name) {
                case "\\i", "\\o" -> files(word, candidates);
                case "\\format" -> formats(candidates);
                case "\\set" -> ReplSettings.names().forEach(each -> candidates.add(candidate(each, "settings", null)));
                case "\\timing", "\\x" -> words(candidates, "on", "off");
                default -> {}
            }
        }
    }

    private void command(List<String> words, int first, String word, List<Candidate> candidates) {
        CommandSpec spec = root.getCommandSpec();
        int positional = 0;
        OptionSpec open = null;
        for (int i = first; i < words.size() - 1; i++) {
            String each = words.get(i);
            if (open != null) {
                open = null;
            } else if (each.startsWith("-") && each.length() > 1) {
                OptionSpec option = spec.optionsMap().get(each);
                open = option != null && option.arity().max() > 0 ? option : null;
            } else if (positional == 0 && spec.subcommands().containsKey(each)) {
                spec = spec.subcommands().get(each).getCommandSpec();
            } else if (spec.parser().stopAtPositional()
                    && (positional > 0 || root.getSubcommands().containsKey(each))) {
                command(words, i, word, candidates); // The command inside of expect.
                return;
            } else {
                positional++;
            }
        }
        if (open != null) {
            values(open.paramLabel(), word, candidates);
        } else if (word.startsWith("--") && word.contains("=")) {
            OptionSpec option = spec.optionsMap().get(word.substring(0, word.indexOf('=')));
            if (option != null && option.paramLabel().equals("FORMAT")) {
                for (Format format : Format.values()) {
                    candidates.add(candidate(option.longestName() + "=" + format.word(), null, null));
                }
            }
        } else if (word.startsWith("-")) {
            options(spec, candidates);
        } else if (!spec.subcommands().isEmpty() && positional == 0) {
            subcommands(spec, candidates);
            if (spec == root.getCommandSpec() && words.size() - first == 1 && first == 0) {
                candidates.add(candidate("exit", "repl", "Leave."));
            }
        } else {
            int at = positional;
            spec.positionalParameters().stream()
                    .filter(each -> each.index().contains(at))
                    .findFirst()
                    .ifPresent(each -> values(each, word, candidates));
        }
    }

    private void options(CommandSpec spec, List<Candidate> candidates) {
        for (OptionSpec option : spec.options()) {
            if (!option.hidden()) {
                String[] text = option.description();
                String group =
                        option.inherited() || spec == root.getCommandSpec() ? "options of all commands" : "options";
                candidates.add(candidate(option.longestName(), group, text.length == 0 ? null : text[0]));
            }
        }
    }

    private static void subcommands(CommandSpec spec, List<Candidate> candidates) {
        spec.subcommands().forEach((name, sub) -> {
            String[] header = sub.getCommandSpec().usageMessage().header();
            candidates.add(candidate(name, "commands", header.length == 0 ? null : header[0]));
        });
    }

    private void values(PositionalParamSpec parameter, String word, List<Candidate> candidates) {
        if (parameter.completionCandidates() == null) {
            values(parameter.paramLabel(), word, candidates);
        } else {
            parameter.completionCandidates().forEach(each -> words(candidates, each));
        }
    }

    /** The values that an argument with this label can take. */
    private void values(String label, String word, List<Candidate> candidates) {
        switch (label) {
            case "KEY", "PREFIX" -> {
                for (byte[] key : poll.keys(word, KEYS_MOST, KEYS_WAIT_MS)) {
                    candidates.add(key(key));
                }
            }
            case "NODE" -> {
                nodes(candidates);
                groups().forEach(group ->
                        candidates.add(candidate("leader(" + group + ")", "nodes", "who leads " + group)));
            }
            case "GROUP NODE" -> nodes(candidates); // A new group's name is nobody's to guess.
            case "GROUP" -> dataGroups(candidates);
            case "FILE" -> files(word, candidates);
            case "FORMAT" -> formats(candidates);
            case "WHEN" -> words(candidates, "auto", "always", "never");
            case "SHELL" -> words(candidates, "bash", "zsh", "fish");
            case "STATE" -> {
                words(candidates, "healthy", "migrated");
                groups().forEach(group -> words(candidates, "leader(" + group + ")"));
            }
            case "NAME" ->
                ClusterDir.all(Home.of(session.console().env()))
                        .forEach(dir -> candidates.add(candidate(dir.name(), "clusters", null)));
            case "COMMAND", "COMMAND VALUE" -> {
                subcommands(root.getCommandSpec(), candidates);
                if (label.equals("COMMAND")) {
                    words(candidates, "exit-codes");
                }
            }
            case "CODE" -> {
                for (ExitCode code : ExitCode.values()) {
                    candidates.add(candidate(code.name(), "exit codes", code.meaning()));
                }
            }
            default -> {}
        }
    }

    private static Candidate key(byte[] key) {
        String text = Bytes.text(key);
        return new Candidate(text, Bytes.shown(key, false), "keys", null, null, null, true);
    }

    private void nodes(List<Candidate> candidates) {
        ClusterView view = poll.latest().view();
        if (view != null) {
            for (ClusterView.Node node : view.nodes()) {
                candidates.add(candidate(node.place().name(), "nodes", describe(view, node)));
            }
        }
    }

    private static String describe(ClusterView view, ClusterView.Node node) {
        if (!node.isUp()) {
            return "x down";
        }
        List<String> led = node.status().replicas().stream()
                .filter(replica -> node.equals(view.leader(replica.groupId())))
                .map(NodeStatus.Replica::group)
                .toList();
        return led.isEmpty() ? "up" : "* leads " + String.join(", ", led);
    }

    private List<String> groups() {
        ClusterView view = poll.latest().view();
        return view == null
                ? List.of()
                : view.map().groups().stream().map(ShardMap.Group::name).toList();
    }

    private void dataGroups(List<Candidate> candidates) {
        ClusterView view = poll.latest().view();
        if (view == null) {
            return;
        }
        for (ShardMap.Group group : view.map().dataGroups()) {
            long shards = Arrays.stream(view.map().shardGroups())
                    .filter(owner -> owner == group.groupId())
                    .count();
            candidates.add(candidate(group.name(), "groups", shards + (shards == 1 ? " shard" : " shards")));
        }
    }

    private static void formats(List<Candidate> candidates) {
        for (Format format : Format.values()) {
            candidates.add(candidate(format.word(), "formats", null));
        }
    }

    private static void words(List<Candidate> candidates, String... words) {
        for (String word : words) {
            candidates.add(candidate(word, null, null));
        }
    }

    private static void files(String word, List<Candidate> candidates) {
        int slash = word.lastIndexOf('/');
        String before = slash < 0 ? "" : word.substring(0, slash + 1);
        File[] found = new File(before.isEmpty() ? "." : before).listFiles();
        if (found == null) {
            return;
        }
        for (File file : found) {
            boolean dir = file.isDirectory();
            if (!file.getName().startsWith(".") || word.startsWith(before + ".")) {
                String path = before + file.getName() + (dir ? "/" : "");
                candidates.add(new Candidate(path, file.getName() + (dir ? "/" : ""), "files", null, null, null, !dir));
            }
        }
    }

    private static Candidate candidate(String value, String group, String description) {
        String text = description == null ? null : shortened(description);
        return new Candidate(value, value, group, text, null, null, true);
    }

    private static String shortened(String description) {
        int end = description.indexOf(". ");
        String first = (end < 0 ? description : description.substring(0, end)).strip();
        String plain = first.endsWith(".") ? first.substring(0, first.length() - 1) : first;
        plain = plain.length() > DESCRIPTION_MOST ? plain.substring(0, DESCRIPTION_MOST - 1) + "…" : plain;
        return plain.isEmpty() || plain.startsWith("*") ? plain : lowered(plain);
    }

    private static String lowered(String text) {
        return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }
}
