package kvctl.sim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Directed links between nodes 1..n. A cut link loses what is sent into it and what is on its way. Faults are drawn
 * per message from the network's own dice.
 *
 * @param <P> what the links carry
 */
public final class SimNetwork<P extends SimNetwork.Packet> {
    /** Old messages that a link remembers for replay. */
    private static final int REMEMBERED = 16;

    /** What a link has to know of what it carries. */
    public interface Packet {
        long sizeBytes();

        /** Of its content, for the hash of the trace. */
        long digest();

        /** For people. */
        String text();

        /** A bit of its frame was flipped on the way: throws if the receiver would not notice (HAZARDS A6). */
        default void flipped(RandomGenerator dice) {}
    }

    /** Takes part in every send, before any fault; may throw to stop the run. */
    public interface Watcher<P> {
        void sent(int from, int to, P packet);
    }

    /** Where packets arrive. */
    public interface Receiver<P> {
        void receive(int from, int to, P packet);
    }

    private static final class Link<P> {
        final ArrayDeque<P> remembered = new ArrayDeque<>();
        LinkFaults faults = LinkFaults.NONE;
        boolean cut;
        int losing;
        long lastArrivalUs;
        /** Counts the times that the connection was closed; what was under way then is lost. */
        int closed;
    }

    private final Simulation simulation;
    private final RandomGenerator random;
    private final Receiver<P> receiver;
    private final Watcher<P> watcher;
    private final int nodes;
    private final List<List<Link<P>>> links = new ArrayList<>();
    private long messages;
    private long bytes;
    private double flipShare;
    private long flips;

    public SimNetwork(Simulation simulation, int nodes, Watcher<P> watcher, Receiver<P> receiver) {
        this.simulation = simulation;
        this.random = simulation.random("network");
        this.nodes = nodes;
        this.watcher = watcher;
        this.receiver = receiver;
        for (int from = 1; from <= nodes; from++) {
            List<Link<P>> row = new ArrayList<>();
            for (int to = 1; to <= nodes; to++) {
                row.add(new Link<>());
            }
            links.add(row);
        }
    }

    private Link<P> link(int from, int to) {
        return links.get(from - 1).get(to - 1);
    }

    /** Messages sent so far, lost ones included, copies made by the network not. */
    public long messages() {
        return messages;
    }

    /** Bytes of those messages. */
    public long bytes() {
        return bytes;
    }

    public void faults(LinkFaults faults) {
        for (int from = 1; from <= nodes; from++) {
            for (int to = 1; to <= nodes; to++) {
                link(from, to).faults = faults;
            }
        }
    }

    public void faults(int from, int to, LinkFaults faults) {
        link(from, to).faults = faults;
    }

    /** This share of all messages arrives with a flipped bit; each one closes its connection. */
    public void flip(double share) {
        flipShare = share;
    }

    /** Messages that came with a flipped bit. */
    public long flips() {
        return flips;
    }

    /** Cuts one direction. */
    public void cut(int from, int to) {
        link(from, to).cut = true;
    }

    public void heal(int from, int to) {
        link(from, to).cut = false;
    }

    /** The next message on a link is lost. */
    public void loseNext(int from, int to) {
        link(from, to).losing++;
    }

    public boolean isCut(int from, int to) {
        return link(from, to).cut;
    }

    public void healAll() {
        for (int from = 1; from <= nodes; from++) {
            for (int to = 1; to <= nodes; to++) {
                link(from, to).cut = false;
            }
        }
    }

    /** Nodes of one part reach only that part; a node in two parts is a bridge; a node in none is alone. */
    public void partition(List<List<Integer>> parts) {
        for (int from = 1; from <= nodes; from++) {
            for (int to = 1; to <= nodes; to++) {
                link(from, to).cut = true;
            }
        }
        for (List<Integer> part : parts) {
            for (int from : part) {
                for (int to : part) {
                    link(from, to).cut = false;
                }
            }
        }
    }

    /** Cuts a node from all others, both ways. */
    public void isolate(int nodeId) {
        for (int other = 1; other <= nodes; other++) {
            if (other != nodeId) {
                cut(nodeId, other);
                cut(other, nodeId);
            }
        }
    }

    /** Undoes {@link #isolate}, except towards nodes that are isolated themselves. */
    public void rejoin(int nodeId, List<Integer> others) {
        for (int other : others) {
            heal(nodeId, other);
            heal(other, nodeId);
        }
    }

    /** Sends, as the link's faults will have it. */
    public void send(int from, int to, P packet) {
        messages++;
        bytes += packet.sizeBytes();
        watcher.sent(from, to, packet);
        Link<P> link = link(from, to);
        LinkFaults faults = link.faults;
        boolean lost = link.cut || link.losing > 0 || hit(faults.loss());
        link.losing -= link.losing > 0 ? 1 : 0;
        if (lost) {
            simulation
                    .trace()
                    .note(
                            simulation.nowUs(),
                            from,
                            packet.digest(),
                            () -> "S" + from + " > S" + to + " lost: " + packet.text());
            return;
        }
        simulation
                .trace()
                .note(simulation.nowUs(), from, packet.digest(), () -> "S" + from + " > S" + to + " " + packet.text());
        schedule(from, to, packet);
        if (hit(faults.duplicate())) {
            schedule(from, to, packet);
        }
        if (faults.replay() > 0) {
            replay(from, to, packet);
        }
    }

    private void replay(int from, int to, P packet) {
        Link<P> link = link(from, to);
        link.remembered.add(packet);
        if (link.remembered.size() > REMEMBERED) {
            link.remembered.remove();
        }
        if (hit(link.faults.replay())) {
            schedule(from, to, new ArrayList<>(link.remembered).get(random.nextInt(link.remembered.size())));
        }
    }

    private boolean hit(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    private void schedule(int from, int to, P packet) {
        Link<P> link = link(from, to);
        LinkFaults faults = link.faults;
        long delayUs = faults.delayMinUs() + Simulation.exponential(random, faults.delayMeanUs());
        if (hit(faults.longReorder())) {
            delayUs += 200_000 + random.nextLong(1 + random.nextLong(2_000_000));
        } else if (!hit(faults.reorder())) {
            long arrivalUs = Math.max(simulation.nowUs() + delayUs, link.lastArrivalUs);
            link.lastArrivalUs = arrivalUs;
            delayUs = arrivalUs - simulation.nowUs();
        }
        int connection = link.closed;
        simulation.after(delayUs, () -> arrive(from, to, packet, connection));
    }

    private void arrive(int from, int to, P packet, int connection) {
        Link<P> link = link(from, to);
        if (link.cut || link.closed != connection) {
            return;
        }
        if (hit(flipShare)) {
            flips++;
            packet.flipped(random);
            link.closed++;
        } else {
            receiver.receive(from, to, packet);
        }
    }
}
