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
                + "leader(GROUP): the group, given by name or by one of its shards, has a leader. --timeout is 30s here "
                + "unless given.",
        footer = {"  wait healthy", "  wait leader(g1) --timeout 5s"})
final class Wait implements Callable<Integer> {
    private static final long DEFAULT_MS = 30_000;
    private static final long STEP_MS = 50;

    private final Session session;

    @Parameters(paramLabel = "STATE", description = "healthy, or leader(GROUP).")
    private String state;

    Wait(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        String group = groupOf(state);
        Settings settings = session.settings();
        long limitMs = settings.timeoutMs() == Settings.DEFAULT_TIMEOUT_MS ? DEFAULT_MS : settings.timeoutMs();
        long endNs = System.nanoTime() + limitMs * 1_000_000;
        ShardMap known = null;
        while (true) {
            String missing;
            try {
                ClusterView view = session.connection().view(known);
                known = view.map();
                missing = group == null ? view.unhealthy() : missingLeader(view, group);
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
                        "kvctl status");
            }
            session.pause(STEP_MS);
        }
    }

    /** Null for {@code healthy}. */
    private static String groupOf(String state) {
        if (state.equals("healthy")) {
            return null;
        }
        if (state.startsWith("leader(") && state.endsWith(")") && state.length() > 8) {
            return state.substring(7, state.length() - 1);
        }
        throw CliException.usage("'" + state + "' is nothing to wait for.", "wait healthy, or wait leader(g1)");
    }

    private static String missingLeader(ClusterView view, String name) {
        ShardMap.Group group = view.group(name);
        if (group == null) {
            throw CliException.usage("There is no group '" + name + "'.", "kvctl status lists the groups");
        }
        return view.leader(group.groupId()) == null ? group.name() + " has no leader" : null;
    }
}
