package kvctl.cli;

import java.util.List;
import org.jline.reader.Highlighter;
import org.jline.reader.LineReader;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import picocli.CommandLine;

/** Colours a line while it is typed: known and unknown words, options, quotes, comments. */
final class ReplHighlighter implements Highlighter {
    private static final AttributedStyle KNOWN = AttributedStyle.DEFAULT.bold();
    private static final AttributedStyle BAD = AttributedStyle.DEFAULT.foreground(AttributedStyle.RED);
    private static final AttributedStyle OPTION = AttributedStyle.DEFAULT.foreground(AttributedStyle.CYAN);
    private static final AttributedStyle QUOTED = AttributedStyle.DEFAULT.foreground(AttributedStyle.GREEN);
    private static final AttributedStyle COMMENT = AttributedStyle.DEFAULT.faint();

    private final CommandLine root;

    ReplHighlighter(CommandLine root) {
        this.root = root;
    }

    @Override
    public AttributedString highlight(LineReader reader, String buffer) {
        Tokenizer.Line line = Tokenizer.split(buffer);
        AttributedStyle[] styles = new AttributedStyle[buffer.length()];
        CommandLine command = root;
        boolean values = false;
        List<Tokenizer.Token> tokens = line.tokens();
        for (int i = 0; i < tokens.size(); i++) {
            Tokenizer.Token token = tokens.get(i);
            AttributedStyle style = null;
            CommandLine next = values ? null : command.getSubcommands().get(token.text());
            boolean typing = token.end() == buffer.length();
            if (i == 0 && token.text().startsWith("\\")) {
                style = Backslash.NAMES.contains(token.text()) ? KNOWN : typing ? null : BAD;
                values = true;
            } else if (token.quote() != 0) {
                style = QUOTED;
                values = true;
            } else if (token.text().startsWith("-") && token.text().length() > 1) {
                style = isOption(command, token.text()) ? OPTION : values || typing ? null : BAD;
            } else if (next != null) {
                style = KNOWN;
                command = next;
            } else if (!values && !command.getSubcommands().isEmpty() && !isValueOf(command, tokens, i)) {
                boolean leaves = token.text().equals("exit") || token.text().equals("quit");
                style = i == 0 && leaves ? KNOWN : typing ? null : BAD;
            } else {
                values = values || command.getSubcommands().isEmpty();
            }
            paint(styles, token.start(), token.end(), style);
        }
        if (line.comment() >= 0) {
            paint(styles, line.comment(), buffer.length(), COMMENT);
        }
        if (line.state() == Tokenizer.State.BAD) {
            paint(styles, line.problemAt(), buffer.length(), BAD);
        }
        AttributedStringBuilder out = new AttributedStringBuilder();
        for (int i = 0; i < styles.length; i++) {
            out.style(styles[i] == null ? AttributedStyle.DEFAULT : styles[i]).append(buffer.charAt(i));
        }
        return out.toAttributedString();
    }

    private static boolean isOption(CommandLine command, String word) {
        int equals = word.indexOf('=');
        return word.equals("--")
                || command.getCommandSpec().optionsMap().containsKey(equals < 0 ? word : word.substring(0, equals));
    }

    /** The word is the value of the option before it. */
    private static boolean isValueOf(CommandLine command, List<Tokenizer.Token> tokens, int at) {
        var option = at == 0
                ? null
                : command.getCommandSpec().optionsMap().get(tokens.get(at - 1).text());
        return option != null && option.arity().max() > 0;
    }

    private static void paint(AttributedStyle[] styles, int start, int end, AttributedStyle style) {
        for (int i = start; i < end; i++) {
            styles[i] = style;
        }
    }
}
