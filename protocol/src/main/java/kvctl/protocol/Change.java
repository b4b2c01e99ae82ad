package kvctl.protocol;

import java.util.List;

/** What an administrator wants of the configuration. Groups go by name. */
public sealed interface Change {
    /** New groups take their share of the shards. */
    record Join(List<NewGroup> groups) implements Change {}

    /**
     * @param nodeIds voters, 1 to 9
     * @param weight from 1
     */
    record NewGroup(String name, List<Integer> nodeIds, int weight) {}

    /** Groups hand their shards to the others and end. */
    record Leave(List<String> groups) implements Change {}

    /** One shard goes to a group of choice; it stays there until a join or a leave balances anew. */
    record Move(int shardId, String group) implements Change {}
}
