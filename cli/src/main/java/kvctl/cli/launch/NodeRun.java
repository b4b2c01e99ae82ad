package kvctl.cli.launch;

import java.util.Properties;

/**
 * The last thing that was done to a node, as its run file records it.
 *
 * @param process the node's last process
 * @param state what the last command wanted: running, paused, stopped or killed
 * @param sinceMs when, ms since 1970
 */
public record NodeRun(ProcessRef process, State state, long sinceMs) {
    /** What a node is doing, as it is shown to people. */
    public enum State {
        RUNNING,
        PAUSED,
        /** Ended in order, by a command. */
        STOPPED,
        /** Ended by SIGKILL, by a command. */
        KILLED,
        /** Ended although no command asked for it. */
        DIED,
        /** Never started. */
        NEW;

        /** In lower case, as it is shown and stored. */
        public String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        /** A process exists. */
        public boolean alive() {
            return this == RUNNING || this == PAUSED;
        }
    }

    /** The state now: what was recorded, corrected by what the process does. */
    public State now() {
        return switch (process.life()) {
            case RUNNING -> State.RUNNING;
            case PAUSED -> State.PAUSED;
            case GONE -> state.alive() ? State.DIED : state;
        };
    }

    NodeRun with(State newState, long nowMs) {
        return new NodeRun(process, newState, nowMs);
    }

    Properties toProperties() {
        Properties properties = ClusterDir.processProperties(process);
        properties.setProperty("state", state.text());
        properties.setProperty("since_ms", Long.toString(sinceMs));
        return properties;
    }

    /** @throws RuntimeException if a field is missing or makes no sense */
    static NodeRun of(Properties properties) {
        return new NodeRun(
                ClusterDir.process(properties),
                State.valueOf(properties.getProperty("state").toUpperCase(java.util.Locale.ROOT)),
                Long.parseLong(properties.getProperty("since_ms")));
    }
}
