package kvctl.cli;

import java.util.concurrent.Callable;
import kvctl.client.KvException;
import kvctl.protocol.ShardMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "wait",
        header = "Wait until the cluster is in a state; exits with 10 if --timeout passes first.",
        description = "%nhealthy: every node answers, and every group has a leader that all its replicas follow. "
                + "leader(GROUP): the group, given by name or by one of its shards, has a leader. migrated: no shard is on "
                + "its way to another group. --timeout is 30s here unless given.",
        footer = {"  wait healthy", "  wait leader(g1) --timeout 5s", "  wait migrated --timeout 5m"})
final class Wait implements Callable<Integer> {
    private static final String HEALTHY = "healthy";
    private static final String MIGRATED = "migrated";
    private static final long DEFAULT_MS = 30_000;
    private static final long STEP_MS = 50;

    private final Session session;

    @Parameters(paramLabel = "STATE", description = "healthy, migrated or leader(GROUP).")
    private String state;

    Wait(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        check(state);
        Settings settings = session.settings();
        long limitMs = settings.timeoutOr(DEFAULT_MS);
        long endNs = System.nanoTime() + limitMs * 1_000_000;
        ShardMap known = null;
        while (true) {
            String missing;
            try {
                if (state.equals(MIGRATED)) {
                    missing = missingMoves();
                } else {
                    ClusterView view = session.connection().view(known);
                    known = view.map();
                    missing = state.equals(HEALTHY) ? view.unhealthy() : missingLeader(view, groupOf(state));
                }
            } catch (KvException | CliException e) {
                if (e instanceof CliException cli && cli.code() == ExitCode.USAGE) {
                    throw e;
                }
                missing = e.getMessage();
            }
            if (missing == null) {
                return 0;
            }
            if (System.nanoTime() >= endNs) {
                String end = missing.endsWith(".") ? "" : ".";
                throw new CliException(
                        ExitCode.EXPECTATION,
                        "Waited " + Durations.text(limitMs) + " for '" + state + "': " + missing + end,
                        hint());
            }
            session.pause(STEP_MS);
        }
    }

    private String hint() {
        if (!state.equals(MIGRATED)) {
            return "kvctl status";
        }
        try {
            return session.connection().freshMap().steering().paused()
                    ? "moves are paused: kvctl migrate resume"
                    : "kvctl migrations";
        } catch (KvException e) {
            return "kvctl status";
        }
    }

    private static void check(String state) {
        boolean leader = state.startsWith("leader(") && state.endsWith(")") && state.length() > 8;
        if (!leader && !state.equals(HEALTHY) && !state.equals(MIGRATED)) {
            throw CliException.usage(
                    "'" + state + "' is nothing to wait for.", "wait healthy, wait migrated or wait leader(g1)");
        }
    }

    private static String groupOf(String state) {
        return state.substring(7, state.length() - 1);
    }

    /** Asks the controller itself: a node's map may not know of the newest change yet. */
    private String missingMoves() {
        var reply = session.connection().configuration(0);
        int left = reply.movesLeft();
        return left == 0
                ? null
                : Changes.shards(left) + " of configuration "
                        + reply.configuration().number() + (left == 1 ? " is" : " are") + " still on the way";
    }

    private static String missingLeader(ClusterView view, String name) {
        ShardMap.Group group = view.group(name);
        if (group == null) {
            throw CliException.usage("There is no group '" + name + "'.", "kvctl status lists the groups");
        }
        return view.leader(group.groupId()) == null ? group.name() + " has no leader" : null;
    }
}
