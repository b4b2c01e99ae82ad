package kvctl.cli;

import picocli.CommandLine;

/** Runs a command inside of another one ({@code expect get k v}). */
final class Nested {
    private Nested() {}

    /** Runs it with the settings of the outer command as its defaults, in a tree of its own. Returns the exit code. */
    static int run(Session session, String... words) {
        Settings outer = session.settings();
        Settings base = session.base();
        CommandLine tree = Commands.tree(session, Commands.nameIn(words));
        session.base(outer);
        try {
            return tree.execute(words);
        } finally {
            session.base(base);
        }
    }
}
