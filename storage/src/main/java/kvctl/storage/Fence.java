package kvctl.storage;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import kvctl.raft.HardState;

/**
 * The promises of a node as they stand outside the engine (HAZARDS D4): whose directory it is, and per group the term,
 * the vote and whether the replica is forgetful. Written to the two slots of a {@link Witness} in turn.
 */
final class Fence {
    static final int FORMAT = 1;

    private final Witness witness;
    private final TreeMap<Integer, Promise> promises = new TreeMap<>();
    private long number;
    private Identity identity;
    private long incarnation;

    /** Latest promise of a group; {@code forgetful}: acknowledged entries may be missing from the engine. */
    record Promise(HardState hardState, boolean forgetful) {}

    private Fence(Witness witness) {
        this.witness = witness;
    }

    /** @return null if neither slot is readable */
    static Fence read(Witness witness) {
        Fence newest = null;
        for (int slot = 0; slot < 2; slot++) {
            byte[] content = witness.slot(slot);
            Fence each = content == null ? null : decode(witness, content);
            if (each != null && (newest == null || each.number > newest.number)) {
                newest = each;
            }
        }
        return newest;
    }

    static Fence create(Witness witness, Identity identity, long incarnation) {
        Fence fence = new Fence(witness);
        fence.identity = identity;
        fence.incarnation = incarnation;
        return fence;
    }

    Identity identity() {
        return identity;
    }

    long incarnation() {
        return incarnation;
    }

    /** @return null if the group never promised anything */
    Promise promise(int groupId) {
        return promises.get(groupId);
    }

    Map<Integer, Promise> promises() {
        return promises;
    }

    /** Takes effect with {@link #write}. */
    void promise(int groupId, HardState hardState, boolean forgetful) {
        promises.put(groupId, new Promise(hardState, forgetful));
    }

    /** Takes effect with {@link #write}. */
    void remove(int groupId) {
        promises.remove(groupId);
    }

    /** True if a replica that promised {@code a} can't only have promised {@code b}. */
    static boolean newer(HardState a, HardState b) {
        return a.currentTerm() > b.currentTerm()
                || (a.currentTerm() == b.currentTerm()
                        && a.votedFor() != HardState.NOBODY
                        && a.votedFor() != b.votedFor());
    }

    /** Durable on return. */
    void write() {
        number++;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(FORMAT);
            out.writeLong(number);
            out.writeUTF(identity.clusterId());
            out.writeUTF(identity.nodeName());
            out.writeInt(identity.nodeId());
            out.writeLong(incarnation);
            out.writeInt(promises.size());
            for (Map.Entry<Integer, Promise> each : promises.entrySet()) {
                HardState promised = each.getValue().hardState();
                out.writeInt(each.getKey());
                out.writeLong(promised.currentTerm());
                out.writeInt(promised.votedFor());
                out.writeBoolean(each.getValue().forgetful());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        witness.slot((int) (number & 1), bytes.toByteArray());
    }

    private static Fence decode(Witness witness, byte[] content) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content))) {
            int format = in.readInt();
            if (format > FORMAT) {
                throw new StorageException("promises were written in format " + format + ", this version knows up to "
                        + FORMAT + "; start the newer version");
            }
            Fence fence = new Fence(witness);
            fence.number = in.readLong();
            fence.identity = new Identity(in.readUTF(), in.readUTF(), in.readInt());
            fence.incarnation = in.readLong();
            int groups = in.readInt();
            for (int i = 0; i < groups; i++) {
                int groupId = in.readInt();
                HardState promised = new HardState(in.readLong(), in.readInt());
                fence.promise(groupId, promised, in.readBoolean());
            }
            return fence;
        } catch (IOException e) {
            return null;
        }
    }
}
