package kvctl.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * One group's replica on this node: the algorithm, the state machine it feeds, those who wait for answers, and the
 * snapshots on their way in and out.
 */
final class Replica {
    private record Pending(long index, long term, Waiter waiter) {}

    /** So that many long scans do not keep a leader from its heartbeats (HAZARDS A3). */
    private static final int READS_PER_TURN = 512;

    final int groupId;
    final Raft raft;
    private final StateMachine machine;
    private final RaftConfig config;
    private final ArrayDeque<Pending> proposals = new ArrayDeque<>();
    private final ArrayDeque<Leadership.Read> reads = new ArrayDeque<>();
    private final TreeMap<Integer, Sending> sending = new TreeMap<>();
    private Receiving receiving;
    private boolean stopped;

    /** It has caught up, and counts again when the next save has made that durable (HAZARDS D4). */
    boolean recovering;

    Ready ready;

    Replica(int groupId, RaftConfig config, Raft raft, StateMachine machine) {
        this.groupId = groupId;
        this.config = config;
        this.raft = raft;
        this.machine = machine;
    }

    // --- inputs ---

    void receive(int from, Message message, long nowMs) {
        if (!config.voters().contains(from) || from == config.nodeId()) {
            return; // Not a member: it has no say (HAZARDS R19).
        }
        if (message instanceof Message.InstallSnapshot chunk) {
            if (raft.acceptsChunk(from, chunk, nowMs)) {
                receiveChunk(from, chunk);
            }
        } else {
            raft.receive(from, message, nowMs);
        }
    }

    void propose(byte[] command, Waiter waiter) {
        Waiter.Failure refusal = raft.refusal(command.length + Entry.OVERHEAD_BYTES);
        if (refusal != null) {
            waiter.failed(refusal);
        } else {
            proposals.add(new Pending(raft.propose(command), raft.currentTerm(), waiter));
        }
    }

    void read(Waiter waiter) {
        Waiter.Failure refusal = raft.read(waiter);
        if (refusal != null) {
            waiter.failed(refusal);
        }
    }

    // --- the end of a turn ---

    boolean hasCommitted() {
        return raft.hasCommitted(machine.lastApplied());
    }

    /** Applies what is committed and returns who is to be answered what, to be run when the effects are committed. */
    List<Runnable> apply() {
        List<Entry> entries = raft.committed(machine.lastApplied());
        List<Object> replies = machine.apply(entries);
        List<Runnable> answers = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            Pending pending = proposals.peek();
            boolean skipped = pending != null && pending.index() < entry.index();
            Invariant.check(!skipped || !raft.leads(), "a leader answers every waiter in turn");
            if (pending != null && pending.index() == entry.index()) {
                proposals.remove();
                Object reply = replies.get(i);
                boolean own = pending.term() == entry.term();
                answers.add(() -> {
                    if (own) {
                        pending.waiter().done(pending.index(), reply);
                    } else {
                        pending.waiter().failed(Waiter.Failure.LOST_LEADERSHIP);
                    }
                });
            }
        }
        return answers;
    }

    /** Answers reads that may be served now, and everybody who waited for a leadership that is over. */
    void answerWaiters() {
        reads.addAll(raft.takeConfirmedReads());
        int most = READS_PER_TURN;
        while (most-- > 0 && readsWait()) {
            Leadership.Read read = reads.remove();
            read.waiter().done(machine.lastApplied(), null);
        }
        raft.takeFailedReads().forEach(waiter -> waiter.failed(Waiter.Failure.NOT_LEADER));
        if (!raft.leads() && !proposals.isEmpty()) {
            List<Pending> lost = List.copyOf(proposals);
            proposals.clear();
            lost.forEach(pending -> pending.waiter().failed(Waiter.Failure.LOST_LEADERSHIP));
        }
        if (!raft.leads() && !sending.isEmpty()) {
            sending.values().forEach(Sending::close);
            sending.clear();
        }
    }

    void compact() {
        if (sending.values().stream().allMatch(Sending::isStuck)
                || raft.status(0).logBytes() > 4 * config.limits().snapshotBytes()) {
            raft.compact(
                    machine.lastApplied()); // Held while a snapshot is sent, so that its receiver can go on (HAZARDS
            // S6).
        }
    }

    private boolean readsWait() {
        return !reads.isEmpty() && reads.peek().readIndex() <= machine.lastApplied();
    }

    boolean hasMore() {
        return readsWait() || raft.hasMore(machine.lastApplied());
    }

    RaftStatus status() {
        return raft.status(machine.lastApplied());
    }

    /** Fails everybody who waits, the first time that it is called. */
    void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        List<Pending> left = List.copyOf(proposals);
        proposals.clear();
        left.forEach(pending -> pending.waiter().failed(Waiter.Failure.STOPPED));
        List<Leadership.Read> leftReads = List.copyOf(reads);
        reads.clear();
        leftReads.forEach(read -> read.waiter().failed(Waiter.Failure.STOPPED));
        raft.takeConfirmedReads().forEach(read -> read.waiter().failed(Waiter.Failure.STOPPED));
        raft.takeFailedReads().forEach(waiter -> waiter.failed(Waiter.Failure.NOT_LEADER));
        raft.pendingReads().forEach(waiter -> waiter.failed(Waiter.Failure.STOPPED));
        sending.values().forEach(Sending::close);
        sending.clear();
        dropReceived();
    }

    // --- snapshots out ---

    /** A snapshot on its way to one follower; holds the chunk that was sent last, in case it is asked for again. */
    private static final class Sending {
        private static final int STUCK = 20;

        private final long transferId;
        private final StateMachine.Source source;
        private final CRC32C digest = new CRC32C();
        private long offset;
        private byte[] chunk = new byte[0];
        private byte[] next;
        private int repeats;

        Sending(long transferId, StateMachine.Source source, int chunkBytes) {
            this.transferId = transferId;
            this.source = source;
            this.next = source.read(chunkBytes);
        }

        /** Moves to the chunk that begins at {@code wanted}; false if that can't be read any more. */
        boolean seek(long wanted, int chunkBytes) {
            if (next == null) {
                return false;
            }
            repeats++;
            if (wanted == offset + chunk.length && (chunk.length == 0 || next.length > 0)) {
                repeats = 0;
                offset = wanted;
                chunk = next;
                digest.update(chunk, 0, chunk.length);
                next = source.read(chunkBytes);
            }
            return wanted == offset && next != null;
        }

        /** So many times in vain that the log need not wait for it: the follower's disk may be full (HAZARDS D12). */
        boolean isStuck() {
            return repeats > STUCK;
        }

        boolean done() {
            return next.length == 0;
        }

        void close() {
            source.close();
        }
    }

    /** The chunk that a follower lacks, or null if the transfer has to begin again. */
    Message chunk(Ready.ChunkWanted wanted) {
        Sending transfer = sending.get(wanted.to());
        if (transfer == null || transfer.transferId != wanted.transferId()) {
            if (transfer != null) {
                transfer.close();
            }
            transfer = new Sending(
                    wanted.transferId(), machine.openSnapshot(), config.limits().chunkBytes());
            sending.put(wanted.to(), transfer);
            raft.transferStarted(wanted.to(), transfer.source.lastIncludedIndex());
        }
        if (!transfer.seek(wanted.offset(), config.limits().chunkBytes())) {
            endTransfer(wanted.to());
            raft.transferLost(wanted.to(), wanted.transferId());
            return null;
        }
        return new Message.InstallSnapshot(
                raft.currentTerm(),
                config.nodeId(),
                transfer.source.lastIncludedIndex(),
                transfer.source.lastIncludedTerm(),
                transfer.transferId,
                transfer.offset,
                transfer.chunk,
                transfer.done(),
                transfer.done() ? (int) transfer.digest.getValue() : 0,
                wanted.round());
    }

    /** Closes transfers whose follower needs no snapshot any more, or is not there. */
    void closeTransfers(long nowMs) {
        sending.keySet().stream()
                .filter(nodeId -> !raft.sendsSnapshotTo(nodeId, nowMs))
                .toList()
                .forEach(this::endTransfer);
    }

    private void endTransfer(int to) {
        Sending transfer = sending.remove(to);
        if (transfer != null) {
            transfer.close();
        }
    }

    // --- snapshots in ---

    /** A snapshot being received; chunks of any other transfer are not taken (HAZARDS S10). */
    private static final class Receiving {
        private final long term;
        private final long transferId;
        private final StateMachine.Sink sink;
        private final CRC32C digest = new CRC32C();
        private long offset;

        Receiving(Message.InstallSnapshot first, StateMachine.Sink sink) {
            this.term = first.term();
            this.transferId = first.transferId();
            this.sink = sink;
        }

        /** A leader numbers its transfers upwards: this is a late chunk of one it has given up. */
        boolean isLaterThan(Message.InstallSnapshot chunk) {
            return term == chunk.term() && transferId > chunk.transferId();
        }

        boolean isOf(Message.InstallSnapshot chunk) {
            return term == chunk.term() && transferId == chunk.transferId();
        }
    }

    private void receiveChunk(int from, Message.InstallSnapshot chunk) {
        if (receiving != null && receiving.isLaterThan(chunk)) {
            return;
        }
        if (receiving == null || !receiving.isOf(chunk)) {
            if (chunk.offset() != 0) {
                raft.answerChunk(from, chunk, 0);
                return;
            }
            dropReceived();
            receiving =
                    new Receiving(chunk, machine.receiveSnapshot(chunk.lastIncludedIndex(), chunk.lastIncludedTerm()));
        }
        if (chunk.offset() != receiving.offset) {
            raft.answerChunk(from, chunk, receiving.offset);
            return;
        }
        receiving.sink.write(chunk.data());
        receiving.digest.update(chunk.data(), 0, chunk.data().length);
        receiving.offset += chunk.data().length;
        if (!chunk.done()) {
            raft.answerChunk(from, chunk, receiving.offset);
        } else if ((int) receiving.digest.getValue() != chunk.digest()) {
            dropReceived();
            raft.answerChunk(from, chunk, 0);
        } else {
            raft.installSnapshot(from, chunk, receiving.sink);
            receiving = null;
        }
    }

    private void dropReceived() {
        if (receiving != null) {
            receiving.sink.abort();
            receiving = null;
        }
    }
}
