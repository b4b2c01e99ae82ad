package kvctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The tests of all modules as their sources show them: cli is built last and sees no other module's test classes. */
public final class TestSources {
    static final Path ROOT = Path.of("..");

    /** What makes a method a test here; {@code Seeds} is the simulators' own. */
    private static final Pattern TEST =
            Pattern.compile("^ +@(Test|ParameterizedTest|TestFactory|Seeds)\\b", Pattern.MULTILINE);

    private static final Pattern PACKAGE = Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE);
    private static final Pattern NAME = Pattern.compile("^ +(?:[\\w<>]+ )+(\\w+)\\(", Pattern.MULTILINE);

    /**
     * @param packageName of its class
     * @param className of the outermost class
     * @param name of the method
     * @param javadoc directly above it, or empty
     */
    public record TestMethod(String packageName, String className, String name, String javadoc) {
        @Override
        public String toString() {
            return className + '.' + name;
        }
    }

    private TestSources() {}

    public static List<TestMethod> read() throws IOException {
        List<TestMethod> found = new ArrayList<>();
        for (Path file : files(ROOT)) {
            String className = file.getFileName().toString().replace(".java", "");
            found.addAll(in(className, Files.readString(file)));
        }
        return found;
    }

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> modules = Files.list(root)) {
            List<Path> files = new ArrayList<>();
            for (Path module : modules.sorted().toList()) {
                Path sources = module.resolve("src/test/java");
                if (Files.isDirectory(sources)) {
                    try (Stream<Path> all = Files.walk(sources)) {
                        all.filter(path -> path.toString().endsWith(".java"))
                                .sorted()
                                .forEach(files::add);
                    }
                }
            }
            return files;
        }
    }

    /** The tests of one file; those that are switched off are none. */
    static List<TestMethod> in(String className, String source) {
        List<TestMethod> found = new ArrayList<>();
        Matcher declared = PACKAGE.matcher(source);
        String packageName = declared.find() ? declared.group(1) : "";
        Matcher test = TEST.matcher(source);
        while (test.find()) {
            Matcher name = NAME.matcher(source);
            if (!name.find(test.end())) {
                continue;
            }
            boolean isOff = source.substring(test.start(), name.end()).contains("@Disabled");
            if (!isOff) {
                String javadoc = javadocAtTheEndOf(source.substring(0, test.start()));
                found.add(new TestMethod(packageName, className, name.group(1), javadoc));
            }
        }
        return found;
    }

    /** With nothing but annotations behind it. */
    private static String javadocAtTheEndOf(String source) {
        String above = source.stripTrailing();
        while (above.substring(above.lastIndexOf('\n') + 1).strip().startsWith("@")) {
            above = above.substring(0, above.lastIndexOf('\n')).stripTrailing();
        }
        return above.endsWith("*/") ? above.substring(above.lastIndexOf("/**")) : "";
    }
}
