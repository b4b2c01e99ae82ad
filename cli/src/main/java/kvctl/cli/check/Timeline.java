package kvctl.cli.check;

import java.util.List;

/**
 * What happened beside the operations of a history, on the same clock.
 *
 * @param startNs when the load began
 * @param endNs when it ended
 * @param faults what was broken when; those that were not healed end with the load
 * @param leaders who led which group when
 * @param owners who owned which shard when
 */
record Timeline(long startNs, long endNs, List<Trouble> faults, List<Lead> leaders, List<Owner> owners) {
    /**
     * A fault.
     *
     * @param text the command that made it, with roles bound to nodes where that is known
     */
    record Trouble(String text, long fromNs, long toNs) {}

    /** @param node name of the leader; null while nobody led */
    record Lead(String group, String node, long term, long fromNs, long toNs) {}

    /** @param group name of the owner; null if nobody was */
    record Owner(int shard, String group, long fromNs, long toNs) {}

    /** Shards that came to another group. */
    long moves() {
        long begun = owners.stream().mapToInt(Owner::shard).distinct().count();
        return owners.stream().filter(owner -> owner.group() != null).count() - begun;
    }
}
