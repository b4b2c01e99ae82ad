package kvctl.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The words of the command line as the user gave them. */
final class Arguments {
    private Arguments() {}

    /**
     * Java reads the words in the charset of the locale, and loses what that cannot say: under {@code LANG=C} every
     * letter outside of ASCII. The kernel still has the bytes.
     */
    static String[] exact(String[] args) {
        String charset = System.getProperty("sun.jnu.encoding", "UTF-8");
        boolean trusted = charset.equalsIgnoreCase("UTF-8");
        for (String arg : args) {
            trusted &= arg.indexOf('\ufffd') < 0;
        }
        if (trusted) {
            return args;
        }
        try {
            List<String> words = split(Files.readAllBytes(Path.of("/proc/self/cmdline")));
            int first = words.size() - args.length;
            return first < 0 ? args : words.subList(first, words.size()).toArray(String[]::new);
        } catch (IOException e) {
            return args;
        }
    }

    /** Splits at zero bytes; each word ends with one. */
    static List<String> split(byte[] commandLine) {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                words.add(Bytes.text(java.util.Arrays.copyOfRange(commandLine, start, i)));
                start = i + 1;
            }
        }
        return words;
    }
}
