package kvctl.node.sim;

import java.util.List;
import java.util.random.RandomGenerator;
import kvctl.node.Mail;
import kvctl.node.PeerCodec;
import kvctl.node.meta.Note;
import kvctl.protocol.BytesReader;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Frame;
import kvctl.protocol.Frames;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;
import kvctl.raft.Message;
import kvctl.sim.SimNetwork;
import kvctl.sim.Trace;

/**
 * What one node sends another one, as the bytes of the real wire.
 *
 * @param groupId of a message; -1: it is a note
 * @param what for people
 */
record Envelope(int groupId, byte[] bytes, Object what) implements SimNetwork.Packet {
    private static final int TEXT_CHARS = 160;

    static Envelope of(int groupId, Message message) {
        BytesWriter out = new BytesWriter();
        PeerCodec.write(out, groupId, message);
        return new Envelope(groupId, out.toBytes(), message);
    }

    static Envelope of(Note note) {
        BytesWriter out = new BytesWriter();
        PeerCodec.write(out, note);
        return new Envelope(-1, out.toBytes(), note);
    }

    Mail open(int from) {
        try {
            List<Mail> mails = PeerCodec.readAll(new BytesReader(bytes), from);
            return mails.get(0);
        } catch (ProtocolException e) {
            throw new Breach(Rule.NODE_INVARIANT, "a node does not understand another one: " + what, e);
        }
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public long digest() {
        return Trace.mix(1, bytes);
    }

    @Override
    public void flipped(RandomGenerator dice) {
        BytesWriter out = new BytesWriter();
        Frames.write(out, new Frame.Peer(new BytesReader(bytes)));
        byte[] frame = out.toBytes();
        int bit = dice.nextInt(frame.length * Byte.SIZE);
        frame[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        Breach.unless(!isRead(frame), Rule.NODE_INVARIANT, "nobody notices that bit %d of %s was flipped", bit, what);
    }

    /** A frame that has become longer than what is there waits for the rest until its time is over. */
    private static boolean isRead(byte[] frame) {
        try {
            int length = Frames.bodyLength(frame, 0, Limits.FRAME_MAX_BYTES);
            return length <= frame.length - Frames.HEADER_BYTES
                    && Frames.read(frame, Frames.HEADER_BYTES, length) != null;
        } catch (ProtocolException e) {
            return false;
        }
    }

    @Override
    public String text() {
        String text = (groupId < 0 ? "" : "g" + groupId + " ") + what;
        return text.length() <= TEXT_CHARS ? text : text.substring(0, TEXT_CHARS) + "...";
    }
}
