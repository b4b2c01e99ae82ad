package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.cli.check.Subject;
import kvctl.client.Result;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.Response;

/**
 * Leaves the cluster as it was, also behind a case that failed or was interrupted: no faults, all nodes up, no groups and no
 * keys of this run, and every shard where it was. What others broke meanwhile stays as it is.
 */
final class Tidy {
    /** The key that is there while a run has the cluster. */
    static final String MARK = "verify:running";

    private static final long SOUND_MS = 180_000;

    /** A shard takes a configuration of its own to go back; more than so many are left where they are. */
    private static final int MOVES_MAX = 64;

    private final Lab lab;
    private final Configuration beginning;

    /**
     * Remembers how it is.
     *
     * @throws CliException (conflict) if another run has the cluster
     */
    Tidy(Lab lab) {
        this.lab = lab;
        this.beginning = lab.controller().configuration(0);
        byte[] mark = Lab.bytes(MARK);
        if (!lab.await(lab.client().casAsync(mark, 0, Lab.bytes(lab.prefix())), "cas of " + MARK)
                .done()) {
            throw new CliException(
                    ExitCode.CONFLICT,
                    "Another verify has this cluster now, or was killed: the key '" + MARK + "' is there.",
                    "if none runs: kvctl delete " + MARK);
        }
    }

    /** After each case. @throws Failed if the cluster can't be set right */
    void afterCase() {
        lab.uninterruptible(true);
        try {
            Subject cluster = lab.cluster();
            heal(cluster);
            lab.dead().forEach(node -> cluster.run("start --wait 0 " + node)); // A conflict if it runs.
            lab.stopLoads();
            String[] problem = {null};
            boolean sound = lab.until(() -> (problem[0] = problem(cluster)) == null, lab.lenient(SOUND_MS));
            lab.expect(sound, "a sound cluster after the case", problem[0]);
            lab.forget();
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
            lab.await(lab.client().deleteAsync(Lab.bytes(MARK)), "delete of " + MARK);
            lab.uninterruptible(false);
        }
    }

    // --- faults and processes ---

    private void heal(Subject cluster) {
        List<String> ours = inForce(cluster.run("faults --no-header"));
        ours.forEach(id -> cluster.run("heal " + id));
    }

    private List<String> inForce(Subject.Ran faults) {
        Set<String> made = lab.faults();
        return faults.out()
                .lines()
                .map(line -> line.split("\t", 2)[0])
                .filter(made::contains)
                .toList();
    }

    /** A node that was busy may have missed that a fault is healed. @return null if there is none */
    private String problem(Subject cluster) {
        heal(cluster);
        Subject.Ran healthy = cluster.run("wait healthy --timeout 1s");
        if (healthy.code() != 0) {
            return healthy.err().lines().findFirst().orElse("not healthy");
        }
        Subject.Ran faults = cluster.run("faults --no-header");
        List<String> left = inForce(faults);
        if (!left.isEmpty()) {
            return "faults in force: " + Team.list(left);
        }
        return faults.err().isEmpty() ? null : faults.err().lines().findFirst().orElseThrow();
    }

    // --- groups and shards ---

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
