package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import kvctl.cli.check.Subject;
import kvctl.client.Result;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.Response;

/**
 * Leaves the cluster as it was, also behind a case that failed or was interrupted: no faults, all nodes up, no groups and no
 * keys of this run, and every shard where it was.
 */
final class Tidy {
    private static final long HEALTHY_MS = 180_000;

    /** A shard takes a configuration of its own to go back; more than so many are left where they are. */
    private static final int MOVES_MAX = 64;

    private final Lab lab;
    private final Configuration beginning;

    /** Remembers how it is. */
    Tidy(Lab lab) {
        this.lab = lab;
        this.beginning = lab.controller().configuration(0);
    }

    /** After each case. @throws Failed if the cluster can't be set right */
    void afterCase() {
        lab.uninterruptible(true);
        try {
            Subject cluster = lab.cluster();
            cluster.run("heal");
            if (!lab.dead().isEmpty()) {
                cluster.run("start --wait 0 all"); // A conflict if all run.
            }
            lab.forget();
            lab.stopLoads();
            String[] missing = {""};
            boolean healthy = lab.until(
                    () -> {
                        Subject.Ran ran = cluster.run("wait healthy --timeout 1s");
                        missing[0] = ran.err().lines().findFirst().orElse("");
                        return ran.code() == 0;
                    },
                    lab.lenient(HEALTHY_MS));
            lab.expect(healthy, "a healthy cluster after the case", missing[0]);
            leave(true);
            deleteKeys();
        } finally {
            lab.uninterruptible(false);
        }
    }

    /** After the last case. @return what is not as it was, in a line; null if all is */
    String afterAll() {
        lab.uninterruptible(true);
        try {
            leave(false);
            String left = putBack();
            deleteKeys();
            return left;
        } finally {
            lab.uninterruptible(false);
        }
    }

    private void leave(boolean keep) {
        String[] ours = lab.controller().configuration(0).groups().stream()
                .map(Configuration.Group::name)
                .filter(name ->
                        name.startsWith(Lab.GROUP) && !(keep && lab.kept().contains(name)))
                .toArray(String[]::new);
        if (ours.length > 0) {
            lab.controller().make("leave " + String.join(" ", ours), new Change.Leave(List.of(ours)));
        }
        lab.controller().settled();
    }

    /** Balance may have sent shards elsewhere than where they came from. */
    private String putBack() {
        int[] now = lab.controller().configuration(0).shardGroups();
        int[] then = beginning.shardGroups();
        if (Arrays.equals(now, then)) {
            return null;
        }
        List<Integer> astray = new ArrayList<>();
        for (int shard = 0; shard < then.length; shard++) {
            if (now[shard] != then[shard] && lab.controller().configuration(0).group(then[shard]) != null) {
                astray.add(shard);
            }
        }
        if (astray.size() > MOVES_MAX) {
            return astray.size() + " shards are with other groups than before; shares are equal";
        }
        for (int shard : astray) {
            String home = beginning.group(then[shard]).name();
            lab.controller().make("move " + shard + " " + home, new Change.Move(shard, home));
            lab.controller().settled();
        }
        return null;
    }

    private void deleteKeys() {
        List<Response.Row> rows;
        do {
            rows = lab.await(
                    lab.client()
                            .scan(Lab.bytes(lab.prefix()), new byte[0], 1_000)
                            .rest(),
                    "scan of " + lab.prefix());
            List<CompletableFuture<Result>> deletes = rows.stream()
                    .map(row -> lab.client().deleteAsync(row.key()))
                    .toList();
            lab.awaitAll(deletes, "delete");
        } while (!rows.isEmpty());
    }
}
