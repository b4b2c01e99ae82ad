package kvctl.protocol;

import java.util.List;

/**
 * What a client asks of a node. Keys and values are bytes. A request is one frame; its correlation id and the time that
 * the client still gives it travel beside it (HAZARDS A4).
 */
public sealed interface Request {
    /** A request that changes one key; it takes effect at most once per (shard, session, seq). */
    sealed interface Write extends Request {
        Tag tag();

        byte[] key();
    }

    /**
     * Names one write so that a repeat of it is recognised (HAZARDS E1-E8).
     *
     * @param sessionMs when the client opened the session for this shard, ms since 1970 by its own clock; sessions that
     *     were pushed out of a full table are told from new ones by it, so a wrong clock costs a round trip, never
     * safety
     * @param sessionRandom random part of the session's name
     * @param seq number of the write in its session, from 1
     * @param answeredBelow the client has the answers of all writes with a lower seq and will never repeat them
     */
    record Tag(long sessionMs, long sessionRandom, long seq, long answeredBelow) {}

    /** Linearizable read of one key. */
    record Get(byte[] key) implements Request {}

    record Put(Tag tag, byte[] key, byte[] value) implements Write {}

    /** Puts {@code value} behind the key's value; a missing key counts as empty. */
    record Append(Tag tag, byte[] key, byte[] value) implements Write {}

    record Delete(Tag tag, byte[] key) implements Write {}

    /** Puts {@code value} if the key's version is {@code expectedVersion}; 0 means: if there is no such key. */
    record Cas(Tag tag, byte[] key, long expectedVersion, byte[] value) implements Write {}

    /**
     * One page of a shard's keys in unsigned byte order, linearizable within the shard.
     *
     * @param prefix only keys that begin with it
     * @param from first key to return (inclusive); empty for the beginning
     * @param limit most rows in the page
     */
    record Scan(int shardId, byte[] prefix, byte[] from, int limit) implements Request {}

    /** Asks any node for the shard map and the leaders that it knows. */
    record GetMap() implements Request {}

    /** Asks a node about itself and its replicas. */
    record GetStatus() implements Request {}

    /** Asks the node, if it leads the group, to hand leadership to another replica. */
    record TransferLeadership(int groupId, int toNodeId) implements Request {}

    /**
     * Asks the controller's leader for the next configuration. A repeat with the same id gets the first answer.
     *
     * @param idMs first part of the request's own id: when it was made, ms since 1970
     * @param idRandom second part, random
     * @param expectedNumber only if this is the newest configuration's number (HAZARDS G3); 0: whichever it is
     * @param planOnly says what would be done, and does nothing
     */
    record Reconfigure(long idMs, long idRandom, long expectedNumber, boolean planOnly, Change change)
            implements Request {}

    /** Linearizable read of a configuration; {@code number} 0: the newest. */
    record GetConfiguration(long number) implements Request {}

    /**
     * Asks the controller's leader to pause, resume or throttle moves.
     *
     * @param paused null: as it is
     * @param bytesPerS 0: as fast as it goes; negative: as it is
     */
    record SteerMoves(Boolean paused, long bytesPerS) implements Request {}

    /** Asks a node about the shards of its replicas. */
    record GetShards() implements Request {}

    /**
     * About faults made on purpose. Each node answers for itself, and only if it was started for it and is asked from its
     * own machine; otherwise with {@link Response.Code#FORBIDDEN}. It answers also while its disk or its replicas stand
     * still.
     */
    sealed interface OfFaults extends Request {}

    /**
     * Puts a fault in force; what is acknowledged with {@link Response.FaultsReply} holds from then on. One with the same
     * id is replaced. Nothing of it is stored: it ends with the process, too.
     *
     * @param id 1 to {@value Limits#FAULT_ID_MAX} letters, digits, dots, hyphens and underscores
     * @param description what was asked for; at most {@value Limits#FAULT_TEXT_MAX} characters
     * @param rules those that {@link Fault#concerns concern} the node; a link's rule goes to the nodes at both ends
     * @param forMs it heals by itself after so long; 0: never
     * @param seed of its dice
     */
    record InjectFault(String id, String description, List<Fault> rules, long forMs, long seed) implements OfFaults {
        public InjectFault {
            rules = List.copyOf(rules);
        }
    }

    /** Ends a fault, or all if {@code id} is empty; one that is not there is healed already. */
    record HealFaults(String id) implements OfFaults {}

    /** Asks for the faults in force. */
    record ListFaults() implements OfFaults {}

    /**
     * Sends a note over the node's ordinary link to another one, which can be asked with {@link GetProbes} whether it
     * arrived. {@link Response.Ok} says nothing about that.
     *
     * @param number chosen by who asks, not negative
     */
    record SendProbe(int toNodeId, long number) implements OfFaults {}

    /** Asks for the probes that came lately. */
    record GetProbes() implements OfFaults {}
}
