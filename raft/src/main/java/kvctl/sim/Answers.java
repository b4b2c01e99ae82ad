package kvctl.sim;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import kvctl.raft.Entry;
import kvctl.raft.Waiter;

/**
 * What the clients of one group were told, against what is applied. Commands begin with an id of eight bytes that is
 * used once.
 */
final class Answers {
    private final Map<Long, Long> appliedAt = new HashMap<>();
    private final Set<Long> neverToBeApplied = new HashSet<>();
    private long lastId;
    private long acknowledged;
    private long proposals;
    private long reads;
    private long unknown;
    private long refused;

    /** A new command of {@code size} bytes, eight at least. */
    byte[] command(int size) {
        return ByteBuffer.allocate(Math.max(size, Long.BYTES))
                .putLong(0, ++lastId)
                .array();
    }

    private static long id(byte[] command) {
        return ByteBuffer.wrap(command).getLong();
    }

    /** Highest index of a proposal that was answered. */
    long acknowledged() {
        return acknowledged;
    }

    /** Proposals answered as done. */
    long proposals() {
        return proposals;
    }

    /** Reads granted. */
    long reads() {
        return reads;
    }

    /** Proposals with unknown outcome, those of crashed nodes not included. */
    long unknown() {
        return unknown;
    }

    /** Proposals and reads that definitely failed. */
    long refused() {
        return refused;
    }

    /** An entry is applied for the first time anywhere. */
    void applied(Entry entry) {
        if (entry.kind() != Entry.Kind.COMMAND || entry.command().length < Long.BYTES) {
            return;
        }
        long id = id(entry.command());
        Long before = appliedAt.put(id, entry.index());
        Checks.require(
                before == null, Property.ANSWER_IS_TRUE, "command %d is at %d and at %d", id, before, entry.index());
        Checks.require(
                !neverToBeApplied.contains(id),
                Property.ANSWER_IS_TRUE,
                "command %d at %d was said never to be applied",
                id,
                entry.index());
    }

    /** A proposal is answered as done. */
    void done(byte[] command, long index, Object reply) {
        proposals++;
        acknowledged = Math.max(acknowledged, index);
        Long at = appliedAt.get(id(command));
        Checks.require(
                at != null && at == index && SimMachine.reply(command).equals(reply),
                Property.ANSWER_IS_TRUE,
                "command %d is answered for index %d with %s, but was applied at %s",
                id(command),
                index,
                reply,
                at);
    }

    void failed(byte[] command, Waiter.Failure why) {
        if (!why.definite()) {
            unknown++;
            return;
        }
        refused++;
        Checks.require(
                !appliedAt.containsKey(id(command)),
                Property.ANSWER_IS_TRUE,
                "command %d failed with %s, but was applied",
                id(command),
                why);
        neverToBeApplied.add(id(command));
    }

    /** A read that began when {@code before} was acknowledged is granted at {@code index}. */
    void read(long before, long index, long lastApplied) {
        reads++;
        Checks.require(
                index >= before && lastApplied >= index,
                Property.LINEARIZABLE_READ,
                "read at index %d, applied %d, began when %d was acknowledged",
                index,
                lastApplied,
                before);
    }
}
