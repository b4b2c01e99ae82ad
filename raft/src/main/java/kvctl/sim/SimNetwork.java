package kvctl.sim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import kvctl.raft.Message;
import kvctl.raft.Outbox;

/**
 * Directed links between nodes 1..n. A cut link loses what is sent into it and what is on its way. Faults are drawn
 * per message from the network's own dice.
 */
public final class SimNetwork {
    /** Old messages that a link remembers for replay. */
    private static final int REMEMBERED = 16;

    /** Takes part in every send, before any fault; may throw to stop the run. */
    interface Watcher {
        void sent(int groupId, int from, int to, Message message);
    }

    /** Where messages arrive. */
    interface Receiver {
        void receive(int groupId, int from, int to, Message message);
    }

    private record Packet(int groupId, Message message) {}

    private static final class Link {
        final ArrayDeque<Packet> remembered = new ArrayDeque<>();
        LinkFaults faults = LinkFaults.NONE;
        boolean cut;
        int losing;
        long lastArrivalUs;
    }

    private final Simulation simulation;
    private final RandomGenerator random;
    private final Receiver receiver;
    private final Watcher watcher;
    private final int nodes;
    private final Link[][] links;
    private long messages;
    private long bytes;

    SimNetwork(Simulation simulation, int nodes, Watcher watcher, Receiver receiver) {
        this.simulation = simulation;
        this.random = simulation.random("network");
        this.nodes = nodes;
        this.watcher = watcher;
        this.receiver = receiver;
        links = new Link[nodes + 1][nodes + 1];
        for (int from = 1; from <= nodes; from++) {
            for (int to = 1; to <= nodes; to++) {
                links[from][to] = new Link();
            }
        }
    }

    /** Messages sent so far, lost ones included, copies made by the network not. */
    public long messages() {
        return messages;
    }

    /** Bytes of those messages. */
    public long bytes() {
        return bytes;
    }

    Outbox outboxOf(int from) {
        return (groupId, to, message) -> send(from, to, new Packet(groupId, message));
    }

    public void faults(LinkFaults faults) {
        for (int from = 1; from <= nodes; from++) {
            for (int to = 1; to <= nodes; to++) {
                links[from][to].faults = faults;
            }
        }
    }

    public void faults(int from, int to, LinkFaults faults) {
        links[from][to].faults = faults;
    }

    /** Cuts one direction. */
    public void cut(int from, int to) {
        links[from][to].cut = true;
    }

    public void heal(int from, int to) {
        links[from][to].cut = false;
    }

    /** The next message on a link is lost. */
    public void loseNext(int from, int to) {
        links[from][to].losing++;
    }

    public boolean isCut(int from, int to) {
        return links[from][to].cut;
    }

    public void healAll() {
        for (int from = 1; from <= nodes; from++) {
            for (int to = 1; to <= nodes; to++) {
                links[from][to].cut = false;
            }
        }
    }

    /** Nodes of one part reach only that part; a node in two parts is a bridge; a node in none is alone. */
    public void partition(List<List<Integer>> parts) {
        for (int from = 1; from <= nodes; from++) {
            for (int to = 1; to <= nodes; to++) {
                links[from][to].cut = true;
            }
        }
        for (List<Integer> part : parts) {
            for (int from : part) {
                for (int to : part) {
                    links[from][to].cut = false;
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

    private void send(int from, int to, Packet packet) {
        messages++;
        bytes += Wire.sizeBytes(packet.message());
        watcher.sent(packet.groupId(), from, to, packet.message());
        Link link = links[from][to];
        LinkFaults faults = link.faults;
        boolean lost = link.cut || link.losing > 0 || hit(faults.loss());
        link.losing -= link.losing > 0 ? 1 : 0;
        if (lost) {
            simulation
                    .trace()
                    .note(
                            simulation.nowUs(),
                            from,
                            Wire.digest(packet.message()),
                            () -> "S" + from + " > S" + to + " lost: " + Wire.text(packet.message()));
            return;
        }
        simulation
                .trace()
                .note(
                        simulation.nowUs(),
                        from,
                        Wire.digest(packet.message()),
                        () -> "S" + from + " > S" + to + " " + Wire.text(packet.message()));
        schedule(from, to, packet);
        if (hit(faults.duplicate())) {
            schedule(from, to, packet);
        }
        if (faults.replay() > 0) {
            replay(from, to, packet);
        }
    }

    private void replay(int from, int to, Packet packet) {
        Link link = links[from][to];
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

    private void schedule(int from, int to, Packet packet) {
        Link link = links[from][to];
        LinkFaults faults = link.faults;
        long delayUs = faults.delayMinUs() + Simulation.exponential(random, faults.delayMeanUs());
        if (hit(faults.longReorder())) {
            delayUs += 200_000 + random.nextLong(1 + random.nextLong(2_000_000));
        } else if (!hit(faults.reorder())) {
            long arrivalUs = Math.max(simulation.nowUs() + delayUs, link.lastArrivalUs);
            link.lastArrivalUs = arrivalUs;
            delayUs = arrivalUs - simulation.nowUs();
        }
        simulation.after(delayUs, () -> arrive(from, to, packet));
    }

    private void arrive(int from, int to, Packet packet) {
        if (!links[from][to].cut) {
            receiver.receive(packet.groupId(), from, to, packet.message());
        }
    }
}
