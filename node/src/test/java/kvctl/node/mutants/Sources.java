package kvctl.node.mutants;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles single source files against the test's class path, in memory. One thread at a time. */
public final class Sources implements AutoCloseable {
    private static final List<String> OPTIONS =
            List.of("-proc:none", "-nowarn", "-implicit:none", "-classpath", System.getProperty("java.class.path"));

    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);

    /**
     * Compiles one file.
     *
     * @param file its name, for messages and for the name of its class
     * @return the classes in it by name
     * @throws IllegalStateException if it does not compile
     */
    public Map<String, byte[]> compile(String file, String source) {
        Map<String, ByteArrayOutputStream> classes = new HashMap<>();
        DiagnosticCollector<JavaFileObject> messages = new DiagnosticCollector<>();
        boolean done = compiler.getTask(
                        null, new Output(files, classes), messages, OPTIONS, null, List.of(new Text(file, source)))
                .call();
        if (!done) {
            List<String> errors = messages.getDiagnostics().stream()
                    .filter(message -> message.getKind() == Diagnostic.Kind.ERROR)
                    .map(Object::toString)
                    .toList();
            throw new IllegalStateException(file + " does not compile: " + String.join("; ", errors));
        }
        Map<String, byte[]> bytes = new HashMap<>();
        classes.forEach((name, out) -> bytes.put(name, out.toByteArray()));
        return bytes;
    }

    @Override
    public void close() throws IOException {
        files.close();
    }

    private static final class Text extends SimpleJavaFileObject {
        private final String source;

        Text(String file, String source) {
            super(URI.create("string:///" + file), Kind.SOURCE);
            this.source = source;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
        }
    }

    private static final class Output extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> classes;

        Output(JavaFileManager files, Map<String, ByteArrayOutputStream> classes) {
            super(files);
            this.classes = classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + className), kind) {
                @Override
                public OutputStream openOutputStream() {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    classes.put(className, out);
                    return out;
                }
            };
        }
    }
}
