package kvctl.cli.verify;

import java.util.List;
import kvctl.cli.Durations;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.protocol.Change;
import kvctl.protocol.Configuration;
import kvctl.protocol.Response;

/** What a case asks of the shard controller: to read configurations and to make them, each when its turn has come. */
final class Controller {
    private static final long CHANGE_MS = 180_000;
    private static final long RETRY_MS = 15;

    private final Lab lab;

    Controller(Lab lab) {
        this.lab = lab;
    }

    private KvClient client() {
        return lab.client();
    }

    /** As the controller has it; 0: the newest. */
    Configuration configuration(long number) {
        return query(number).configuration();
    }

    /** No case has a bound for how long the controller is without a leader. */
    private Response.ConfigurationReply query(long number) {
        long endNs = System.nanoTime() + lab.lenient(CHANGE_MS) * 1_000_000;
        while (true) {
            lab.checkStopped();
            try {
                return client().await(client().configurationAsync(number));
            } catch (KvException e) {
                lab.expect(
                        e.code().retryable() && System.nanoTime() < endNs,
                        "an answer of the controller",
                        e.getMessage());
                lab.sleep(RETRY_MS);
            }
        }
    }

    /** Shards that are on their way. */
    int movesLeft() {
        return query(0).movesLeft();
    }

    Configuration join(String group, List<String> nodes) {
        List<Integer> ids = nodes.stream().map(lab::id).toList();
        return change(
                "join " + group + " " + Team.list(nodes), new Change.Join(List.of(new Change.NewGroup(group, ids, 1))));
    }

    Configuration leave(String... groups) {
        return change("leave " + String.join(" ", groups), new Change.Leave(List.of(groups)));
    }

    Configuration move(int shardId, String group) {
        return change("move " + shardId + " " + group, new Change.Move(shardId, group));
    }

    /** Makes the change when its turn has come; its shards may be on their way on return. */
    Configuration change(String text, Change change) {
        Configuration made = make(text, change);
        lab.say("%s: configuration %d", text, made.number());
        return made;
    }

    /** As above, and says nothing. */
    Configuration make(String text, Change change) {
        long endNs = System.nanoTime() + lab.lenient(CHANGE_MS) * 1_000_000;
        while (true) {
            lab.checkStopped();
            try {
                return client().await(client().reconfigureAsync(change, 0, false))
                        .after();
            } catch (KvException e) {
                Configuration now = configuration(0);
                if (isIn(now, change)) { // What was sent to a leader that died then may have been done.
                    return now;
                }
                lab.expect(
                        e.code().retryable() && System.nanoTime() < endNs, "'" + text + "' to be done", e.getMessage());
                lab.sleep(RETRY_MS);
            }
        }
    }

    private static boolean isIn(Configuration now, Change change) {
        if (change instanceof Change.Join join) {
            return join.groups().stream().allMatch(group -> now.group(group.name()) != null);
        } else if (change instanceof Change.Leave leave) {
            return leave.groups().stream().allMatch(group -> now.group(group) == null);
        }
        Change.Move move = (Change.Move) change;
        Configuration.Group to = now.group(move.group());
        return to != null && now.shardGroups()[move.shardId()] == to.groupId();
    }

    /** Waits until no shard is on its way, and notes how long that took. */
    void settle() {
        long fromNs = System.nanoTime();
        settled();
        lab.took("moves", Lab.msSince(fromNs));
    }

    /** Waits until no shard is on its way. */
    void settled() {
        long fromNs = System.nanoTime();
        boolean settled = lab.until(() -> movesLeft() == 0, lab.lenient(CHANGE_MS));
        lab.expect(settled, "all shards to arrive", "some are on their way for " + Durations.text(Lab.msSince(fromNs)));
    }
}
