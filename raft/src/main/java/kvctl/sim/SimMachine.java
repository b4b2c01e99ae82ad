package kvctl.sim;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import kvctl.raft.Entry;
import kvctl.raft.Invariant;
import kvctl.raft.StateMachine;

/**
 * A state machine whose state is a hash over all commands in order: two replicas that applied the same have the same
 * hash, and any other order, loss or repetition shows. Its snapshots are filled up to a given size with bytes that
 * follow from the hash, so that a chunk of another snapshot is noticed.
 */
public final class SimMachine implements StateMachine {
    /**
     * @param index last entry applied
     * @param term of it
     * @param hash over all commands up to it
     * @param commands how many
     */
    public record State(long index, long term, long hash, long commands) {
        static final State EMPTY = new State(0, 0, 0, 0);

        State after(Entry entry) {
            boolean command = entry.kind() == Entry.Kind.COMMAND;
            return new State(
                    entry.index(),
                    entry.term(),
                    command ? Trace.mix(hash, entry.command()) : hash,
                    command ? commands + 1 : commands);
        }
    }

    /** Is told of every entry applied, and then of the whole batch. */
    interface Watcher {
        void applied(int groupId, int nodeId, Entry entry, State after);

        void applied(int groupId, int nodeId, List<Entry> entries);

        void installed(int groupId, int nodeId, State state);
    }

    private static final int HEADER_BYTES = 4 * Long.BYTES;

    private final int groupId;
    private final int nodeId;
    private final SimDisk disk;
    private final int snapshotBytes;
    private final Watcher watcher;
    private State state;

    SimMachine(int groupId, int nodeId, SimDisk disk, int snapshotBytes, Watcher watcher) {
        this.groupId = groupId;
        this.nodeId = nodeId;
        this.disk = disk;
        this.snapshotBytes = snapshotBytes;
        this.watcher = watcher;
        this.state = disk.state(groupId);
    }

    public State state() {
        return state;
    }

    @Override
    public long lastApplied() {
        return state.index();
    }

    @Override
    public long lastAppliedTerm() {
        return state.term();
    }

    /** Replies with a digest of the command, so that whoever waits can tell that it was his. */
    @Override
    public List<Object> apply(List<Entry> entries) {
        List<Object> replies = new ArrayList<>();
        for (Entry entry : entries) {
            Invariant.check(entry.index() == state.index() + 1, "applied in order", entry.index(), state.index());
            state = state.after(entry);
            watcher.applied(groupId, nodeId, entry, state);
            replies.add(entry.kind() == Entry.Kind.COMMAND ? reply(entry.command()) : null);
        }
        watcher.applied(groupId, nodeId, entries);
        disk.write(groupId, state);
        return replies;
    }

    static Object reply(byte[] command) {
        return Trace.mix(1, command);
    }

    @Override
    public Source openSnapshot() {
        return new Dump(state, snapshotBytes);
    }

    @Override
    public Sink receiveSnapshot(long lastIncludedIndex, long lastIncludedTerm) {
        return new Receiving(lastIncludedIndex, lastIncludedTerm);
    }

    private static byte[] dump(State state, int fillBytes) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + fillBytes);
        bytes.putLong(state.index()).putLong(state.term()).putLong(state.hash()).putLong(state.commands());
        for (int i = 0; i < fillBytes; i++) {
            bytes.put((byte) Trace.mix(state.hash(), i));
        }
        return bytes.array();
    }

    private static final class Dump implements Source {
        private final State state;
        private final ByteBuffer rest;

        Dump(State state, int fillBytes) {
            this.state = state;
            this.rest = ByteBuffer.wrap(dump(state, fillBytes));
        }

        @Override
        public long lastIncludedIndex() {
            return state.index();
        }

        @Override
        public long lastIncludedTerm() {
            return state.term();
        }

        @Override
        public byte[] read(int maxBytes) {
            byte[] chunk = new byte[Math.min(maxBytes, rest.remaining())];
            rest.get(chunk);
            return chunk;
        }

        @Override
        public void close() {
            rest.position(rest.limit());
        }
    }

    private final class Receiving implements Sink {
        private final long lastIncludedIndex;
        private final long lastIncludedTerm;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private boolean open = true;

        Receiving(long lastIncludedIndex, long lastIncludedTerm) {
            this.lastIncludedIndex = lastIncludedIndex;
            this.lastIncludedTerm = lastIncludedTerm;
        }

        @Override
        public void write(byte[] chunk) {
            Invariant.check(open, "a closed snapshot takes no chunks");
            received.writeBytes(chunk);
        }

        @Override
        public void install() {
            Invariant.check(open, "a snapshot is installed once");
            open = false;
            ByteBuffer bytes = ByteBuffer.wrap(received.toByteArray());
            State next = new State(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
            Invariant.check(
                    next.index() == lastIncludedIndex && next.term() == lastIncludedTerm,
                    "snapshot is the announced one",
                    next.index(),
                    lastIncludedIndex);
            Invariant.check(
                    ByteBuffer.wrap(dump(next, bytes.capacity() - HEADER_BYTES)).equals(bytes.rewind()),
                    "snapshot is whole");
            Invariant.check(next.index() > state.index(), "no way back in time", next.index(), state.index());
            state = next;
            disk.write(groupId, state);
            watcher.installed(groupId, nodeId, state);
        }

        @Override
        public void abort() {
            open = false;
        }
    }
}
