package kvctl.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds out which standard streams are terminals, without native code. */
final class Tty {
    static final boolean IS_WINDOWS = System.getProperty("os.name", "").startsWith("Windows");

    private Tty() {}

    /**
     * Three sources, best first: the property {@code kvctl.tty}, in which the launcher script lists the descriptors that
     * are terminals ("012"); the kernel's table of open files; Java's own guess, which is all or nothing.
     */
    static Console.Terminals detect() {
        String told = System.getProperty("kvctl.tty");
        if (told != null) {
            return new Console.Terminals(told.contains("0"), told.contains("1"), told.contains("2"));
        }
        Path self = Path.of("/proc/self/fd");
        if (Files.isDirectory(self)) {
            return new Console.Terminals(opensTerminal(self, "0"), opensTerminal(self, "1"), opensTerminal(self, "2"));
        }
        boolean all = javaSaysTerminal();
        return new Console.Terminals(all, all, all);
    }

    private static boolean opensTerminal(Path self, String descriptor) {
        try {
            String target = Files.readSymbolicLink(self.resolve(descriptor)).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean javaSaysTerminal() {
        java.io.Console console = System.console();
        if (console == null) {
            return false;
        }
        try { // From JDK 22 on there is always a console, and it knows whether it is a terminal.
            return (boolean) java.io.Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
