package kvctl.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

@Command(
        name = "completion",
        header = "Print a completion script for a shell.",
        footer = {
            "  source <(kvctl completion bash)",
            "  kvctl completion zsh > ~/.zfunc/_kvctl",
            "  kvctl completion fish > ~/.config/fish/completions/kvctl.fish"
        })
final class Completion implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
    private String shell;

    Completion(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        CommandLine root = Commands.tree(session, null);
        TreeMap<String, CommandSpec> commands = new TreeMap<>();
        collect("", root.getCommandSpec(), commands);
        String script = switch (shell) {
            case "bash" -> bash(commands);
            case "zsh" -> "#compdef kvctl\nautoload -U +X bashcompinit && bashcompinit\n" + bash(commands);
            case "fish" -> fish(commands);
            default -> throw CliException.usage("There is no completion for '" + shell + "'.", "bash, zsh or fish");
        };
        session.console().print(script);
        session.console().flush();
        return 0;
    }

    private static void collect(String path, CommandSpec spec, TreeMap<String, CommandSpec> into) {
        into.put(path, spec);
        spec.subcommands().forEach((name, sub) -> collect((path + " " + name).strip(), sub.getCommandSpec(), into));
    }

    private static List<String> options(CommandSpec spec) {
        List<String> names = new ArrayList<>();
        for (OptionSpec option : spec.options()) {
            if (!option.hidden()) {
                names.add(option.longestName());
            }
        }
        return names;
    }

    /** The words that a command's arguments can be, where they are known beforehand. */
    private static List<String> values(CommandSpec spec) {
        List<String> values = new ArrayList<>();
        spec.positionalParameters().stream()
                .filter(each -> each.completionCandidates() != null)
                .forEach(each -> each.completionCandidates().forEach(values::add));
        return values;
    }

    /** One case per command: its subcommands, known words and options; files where nothing else fits. */
    private static String bash(TreeMap<String, CommandSpec> commands) {
        StringBuilder cases = new StringBuilder();
        commands.forEach((path, spec) -> cases.append("    '")
                .append(path)
                .append("') words='")
                .append(String.join(" ", spec.subcommands().keySet()))
                .append(String.join(" ", values(spec)))
                .append("' options='")
                .append(String.join(" ", options(spec)))
                .append("' ;;\n"));
        return """
                # kvctl completion; load it by: source <(kvctl completion bash)
                _kvctl() {
                  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" path="" words options i
                  case $prev in
                    -o|--output) COMPREPLY=($(compgen -W 'auto table json ndjson csv tsv raw' -- "$cur")); return ;;
                    --color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;;
                    -f|--file|--from-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
                  esac
                  for ((i = 1; i < COMP_CWORD; i++)); do
                    case ${COMP_WORDS[i]} in
                      -c|--cluster|-o|--output|--color|--timeout) ((i++)) ;;
                      -*) ;;
                      *) _kvctl_words "${path:+$path }${COMP_WORDS[i]}" && path="${path:+$path }${COMP_WORDS[i]}" ;;
                    esac
                  done
                  _kvctl_words "$path"
                  if [[ $cur == -* ]]; then
                    COMPREPLY=($(compgen -W "$options" -- "$cur"))
                  else
                    COMPREPLY=($(compgen -W "$words" -- "$cur"))
                  fi
                }
                _kvctl_words() {
                  words="" options=""
                  case $1 in
                """ + cases + """
                    *) return 1 ;;
                  esac
                }
                complete -o bashdefault -o default -F _kvctl kvctl
                """;
    }

    private static String fish(TreeMap<String, CommandSpec> commands) {
        StringBuilder out = new StringBuilder("# kvctl completion for fish\ncomplete -c kvctl -f\n");
        commands.forEach((path, spec) -> {
            String[] names = path.isEmpty() ? new String[0] : path.split(" ");
            StringBuilder seen = new StringBuilder();
            for (String name : names) {
                seen.append(seen.isEmpty() ? "" : "; and ")
                        .append("__fish_seen_subcommand_from ")
                        .append(name);
            }
            String condition = names.length == 0 ? "__fish_use_subcommand" : seen.toString();
            spec.subcommands().forEach((name, sub) -> line(out, condition, "-a " + name, header(sub.getCommandSpec())));
            values(spec).forEach(value -> line(out, condition, "-a " + value, ""));
            for (OptionSpec option : spec.options()) {
                if (!option.hidden() && (names.length == 0 || !option.inherited())) {
                    String flag = "-l "
                            + option.longestName()
                                    .substring(option.longestName().startsWith("--") ? 2 : 1);
                    String form = option.longestName().startsWith("--") ? flag : flag.replace("-l ", "-s ");
                    String takes = option.arity().max() > 0 ? " -r" : "";
                    line(out, names.length == 0 ? null : condition, form + takes, first(option.description()));
                }
            }
        });
        return out.toString();
    }

    private static void line(StringBuilder out, String condition, String what, String description) {
        out.append("complete -c kvctl ");
        if (condition != null) {
            out.append("-n '").append(condition).append("' ");
        }
        out.append(what).append(" -d '").append(description.replace("'", "\\'")).append("'\n");
    }

    private static String header(CommandSpec spec) {
        return first(spec.usageMessage().header());
    }

    private static String first(String[] lines) {
        return lines.length == 0 ? "" : lines[0];
    }
}
