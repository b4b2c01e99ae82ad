package kvctl.node.fault;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import kvctl.protocol.Fault;
import kvctl.protocol.FaultStatus;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.storage.DiskFaults;

/**
 * The faults in force in one node (HAZARDS A10). They are changed on the event loop that serves all of the node's
 * connections, so that a change is complete, on every connection, before it is acknowledged; anybody may ask. They end by
 * the node's own monotonic clock, and with its process.
 */
public final class Faults {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final int selfId;
    private final int nodes;
    private final boolean enabled;
    private final Map<String, Injected> injected = new LinkedHashMap<>(); // event loop only
    private final Set<Gate> gates = ConcurrentHashMap.newKeySet();
    private final Probes probes = new Probes();
    private final Disk disk = new Disk();
    private final AtomicLong heldBytes = new AtomicLong();
    private volatile InForce inForce;
    private volatile Skew skew = Skew.NONE;
    private ScheduledExecutorService eventLoop;
    private Links links;

    /** The node's side that talks to others. Called on the event loop. */
    public interface Links {
        /** What is in force has changed. */
        void obey();

        /** Sends a probe to another node. */
        void probe(int to, long number);
    }

    private record Injected(Request.InjectFault request, long sinceMs, long untilMs, List<Rule> rules) {}

    /** What everybody looks at; arrays are indexed by node id and hold null where a link is sound. */
    private record InForce(
            LinkRules[] messages, LinkRules[] fromClients, LinkRules[] toClients, Collection<String> ids) {
        static InForce none() {
            return new InForce(new LinkRules[0], new LinkRules[0], new LinkRules[0], List.of());
        }
    }

    /**
     * @param nodes how many there are; ids count from 1
     * @param enabled the node was started for it
     */
    public Faults(int selfId, int nodes, boolean enabled) {
        this.selfId = selfId;
        this.nodes = nodes;
        this.enabled = enabled;
        this.inForce = InForce.none();
    }

    /** Of a node that was not started for faults: there never are any. */
    public static Faults off() {
        return new Faults(0, 0, false);
    }

    /** Before the first connection. */
    public void start(ScheduledExecutorService newEventLoop, Links newLinks) {
        eventLoop = newEventLoop;
        links = newLinks;
    }

    public boolean enabled() {
        return enabled;
    }

    // --- what is in force, for any thread ---

    /** What becomes of messages to another node; null: nothing. Its dice belong to the node's loop. */
    public LinkRules messagesTo(int nodeId) {
        return at(inForce.messages, nodeId);
    }

    /** What becomes of requests of clients beside another node. Its dice belong to the event loop. */
    public LinkRules fromClientsAt(int nodeId) {
        return at(inForce.fromClients, nodeId);
    }

    /** What becomes of answers to clients beside another node. Its dice belong to the event loop. */
    public LinkRules toClientsAt(int nodeId) {
        return at(inForce.toClients, nodeId);
    }

    /** True if nothing may get to that node. */
    public boolean cutTo(int nodeId) {
        LinkRules rules = toClientsAt(nodeId);
        return rules != null && rules.cut();
    }

    /** True if nothing of that node may be taken. */
    public boolean cutFrom(int nodeId) {
        LinkRules rules = fromClientsAt(nodeId);
        return rules != null && rules.cut();
    }

    private static LinkRules at(LinkRules[] rules, int nodeId) {
        return nodeId < rules.length ? rules[nodeId] : null;
    }

    /** Ids of all faults in force, in the order in which they were made. */
    public List<String> ids() {
        return List.copyOf(inForce.ids);
    }

    /** The clock that timers run by, when the real one shows {@code realMs}. */
    public long clock(long realMs) {
        return skew.at(realMs);
    }

    public DiskFaults disk() {
        return disk;
    }

    /** A probe has come, all the way to the node's loop. */
    public void probeArrived(int from, long number) {
        probes.arrived(from, number, nowMs());
    }

    AtomicLong heldBytes() {
        return heldBytes;
    }

    // --- for requests, on the event loop ---

    int selfId() {
        return selfId;
    }

    int nodes() {
        return nodes;
    }

    Probes probes() {
        return probes;
    }

    void probe(int to, long number) {
        links.probe(to, number);
    }

    /** How many rules there are, without those of that fault; -1 if there is no room for one more fault. */
    int rulesBeside(String id) {
        if (injected.size() >= Limits.FAULTS_MAX && !injected.containsKey(id)) {
            return -1;
        }
        int rules = 0;
        for (Injected each : injected.values()) {
            rules += each.request.id().equals(id) ? 0 : each.rules.size();
        }
        return rules;
    }

    void inject(Request.InjectFault request) {
        SplittableRandom dice = new SplittableRandom(request.seed() + selfId * GOLDEN);
        List<Rule> rules = new ArrayList<>();
        for (Fault fault : request.rules()) {
            rules.add(new Rule(fault, dice.split()));
        }
        long nowMs = nowMs();
        long untilMs = request.forMs() == 0 ? Long.MAX_VALUE : nowMs + request.forMs();
        injected.remove(request.id());
        injected.put(request.id(), new Injected(request, nowMs, untilMs, rules));
        change();
        if (request.forMs() > 0) {
            eventLoop.schedule(this::expire, request.forMs(), TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Runs the action when the system, too, has closed what was closed just now. The JDK keeps a closed socket of a
     * selector open until the next selection, and so long the system goes on sending; a task that becomes due later than
     * the running ones is preceded by a selection.
     */
    void afterSettling(Runnable action) {
        eventLoop.schedule(() -> eventLoop.schedule(action, 1, TimeUnit.MILLISECONDS), 1, TimeUnit.MILLISECONDS);
    }

    /** @param id empty: all */
    void heal(String id) {
        if (injected.keySet().removeIf(each -> id.isEmpty() || each.equals(id))) {
            change();
        }
    }

    /** The timer of one that was replaced may come too early for its successor: this only takes what is over. */
    private void expire() {
        long nowMs = nowMs();
        if (injected.values().removeIf(each -> each.untilMs <= nowMs)) {
            change();
        }
    }

    List<FaultStatus> list() {
        long nowMs = nowMs();
        List<FaultStatus> list = new ArrayList<>();
        for (Injected each : injected.values()) {
            list.add(new FaultStatus(
                    each.request.id(),
                    each.request.description(),
                    each.request.seed(),
                    nowMs - each.sinceMs,
                    each.untilMs == Long.MAX_VALUE ? 0 : Math.max(1, each.untilMs - nowMs),
                    each.rules.stream()
                            .map(rule -> new FaultStatus.Rule(rule.fault(), rule.hits(), rule.lost()))
                            .toList()));
        }
        return list;
    }

    private void change() {
        List<Rule> rules = new ArrayList<>();
        injected.values().forEach(each -> rules.addAll(each.rules));
        inForce = new InForce(
                links(rules, true, Rule.Traffic.MESSAGES),
                links(rules, false, Rule.Traffic.CLIENTS),
                links(rules, true, Rule.Traffic.CLIENTS),
                List.copyOf(injected.keySet()));
        disk.obey(rules);
        turnClock(rules);
        gates.forEach(Gate::obey);
        links.obey();
    }

    /** The rules of each link from here, or to here, by the node at its other end. */
    private LinkRules[] links(List<Rule> rules, boolean fromHere, Rule.Traffic traffic) {
        LinkRules[] links = new LinkRules[nodes + 1];
        for (int other = 1; other <= nodes; other++) {
            int from = fromHere ? selfId : other;
            int to = fromHere ? other : selfId;
            List<Rule> ofLink = rules.stream()
                    .filter(rule -> rule.fault() instanceof Fault.OfLink link && link.from() == from && link.to() == to)
                    .toList();
            links[other] = ofLink.isEmpty() ? null : new LinkRules(ofLink, traffic);
        }
        return links;
    }

    private void turnClock(List<Rule> rules) {
        long permille = 1000;
        long jumpMs = 0;
        for (Rule rule : rules) {
            if (rule.fault() instanceof Fault.ClockJump jump) {
                jumpMs += jump.offsetMs();
            } else if (rule.fault() instanceof Fault.ClockRate rate) {
                permille = Math.max(1, Math.min(Fault.RATE_MAX, permille * rate.permille() / 1000));
            }
        }
        if (permille != skew.permille() || jumpMs != skew.jumpMs()) {
            skew = skew.change(nowMs(), Math.toIntExact(permille), jumpMs);
        }
    }

    void opened(Gate gate) {
        gates.add(gate);
    }

    void closed(Gate gate) {
        gates.remove(gate);
    }

    static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }
}
