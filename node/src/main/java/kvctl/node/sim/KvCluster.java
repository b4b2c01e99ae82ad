package kvctl.node.sim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import kvctl.client.KvClient;
import kvctl.client.KvException;
import kvctl.node.Core;
import kvctl.node.Topology;
import kvctl.node.kv.KvMachine;
import kvctl.node.kv.ShardState;
import kvctl.node.meta.Pace;
import kvctl.protocol.Change;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.raft.Message;
import kvctl.raft.RaftStatus;
import kvctl.sim.Fault;
import kvctl.sim.LinkFaults;
import kvctl.sim.SimNetwork;
import kvctl.sim.Simulation;

/**
 * All nodes of a topology on one virtual clock, under {@link ClusterChecks}, with as many real clients as are asked for.
 * Verbs act at the current instant; time passes only in {@link #runFor}, {@link #until} and the {@code await} verbs, which
 * throw a {@link Breach} as soon as a rule is broken.
 */
public final class KvCluster {
    private static final long CLIENT_TIMEOUT_MS = 4_000;
    private static final LinkFaults UNRELIABLE_CLIENT = new LinkFaults(100, 9_000, 0.05, 0, 0, 0, 0);

    /** A client and its place in the network. */
    public static final class Client {
        private final int clientId;
        private final SimTransport transport;
        private final KvClient kv;

        Client(int clientId, SimTransport transport, KvClient kv) {
            this.clientId = clientId;
            this.transport = transport;
            this.kv = kv;
        }

        public int clientId() {
            return clientId;
        }

        public KvClient kv() {
            return kv;
        }

        SimTransport transport() {
            return transport;
        }
    }

    private final Simulation simulation;
    private final Topology topology;
    private final SimNetwork<Envelope> network;
    private final Underway underway = new Underway();
    private final ClusterChecks checks;
    private final TreeMap<Integer, SimServer> servers = new TreeMap<>();
    private final Map<String, SimServer> byAddress = new HashMap<>();
    private final List<Client> clients = new ArrayList<>();
    private final Map<Long, Hashed> hashed = new HashMap<>();
    private final Client admin;
    private Consumer<? super SimServer> onDiskFailure;
    private long clientTimeoutMs = CLIENT_TIMEOUT_MS;

    /** @param hashing compares replicas after each turn, byte by byte; costs time where states are large */
    public KvCluster(Simulation simulation, Topology topology, boolean hashing) {
        this(simulation, topology, Pace.DEFAULT, hashing);
    }

    /** As the other one, with moves cut in another way. */
    public KvCluster(Simulation simulation, Topology topology, Pace pace, boolean hashing) {
        this.simulation = simulation;
        this.topology = topology;
        this.checks = new ClusterChecks(topology.shardMap(), hashing, underway);
        this.network = new SimNetwork<>(simulation, topology.nodes().size(), (from, to, envelope) -> {}, this::receive);
        this.onDiskFailure = SimServer::start;
        Watch watch = new Watch();
        for (Topology.Node node : topology.nodes()) {
            SimServer server = new SimServer(topology, node.id(), pace, simulation, network::send, watch);
            servers.put(node.id(), server);
            byAddress.put(node.address(), server);
        }
        // Nodes dial each other when they first start: each knows all others from then on.
        servers.values().forEach(one -> servers.values().forEach(one::talksTo));
        this.admin = client();
    }

    private void receive(int from, int to, Envelope envelope) {
        SimServer server = servers.get(to);
        if (server.talksTo(servers.get(from))) {
            server.receive(from, envelope);
        }
    }

    private final class Watch implements SimServer.Watcher {
        private final Set<Integer> lost = new HashSet<>();
        private final Set<Integer> recovering = new HashSet<>();

        @Override
        public void stepped(SimServer server) {
            checks.stepped(server);
            if (!lost.isEmpty() && lost.remove(server.nodeId())) {
                underway.ends(Fault.Kind.LOST_WRITES);
            }
            if (recovering.contains(server.nodeId())
                    && server.storage().groups().stream().noneMatch(server.storage()::isForgetful)) {
                recovering.remove(server.nodeId());
                underway.recovered();
            }
        }

        @Override
        public void crashed(SimServer server, int lostCommits) {
            if (lostCommits > 0 && lost.add(server.nodeId())) {
                underway.begins(Fault.Kind.LOST_WRITES);
            }
        }

        @Override
        public void forgot(SimServer server) {
            if (recovering.add(server.nodeId())) {
                underway.forgot();
            }
        }

        @Override
        public void sent(Message message) {
            underway.sent(message);
        }

        @Override
        public void diskFailed(SimServer server) {
            onDiskFailure.accept(server);
        }
    }

    // --- parts ---

    public Simulation simulation() {
        return simulation;
    }

    public Topology topology() {
        return topology;
    }

    public SimNetwork<?> network() {
        return network;
    }

    Underway underway() {
        return underway;
    }

    ClusterChecks checks() {
        return checks;
    }

    public SimServer server(int nodeId) {
        return servers.get(nodeId);
    }

    public Collection<SimServer> servers() {
        return servers.values();
    }

    public List<Integer> nodeIds() {
        return IntStream.rangeClosed(1, servers.size()).boxed().toList();
    }

    /** All clients, the administrator's first. */
    List<Client> clients() {
        return clients;
    }

    /** Patience of the clients made from now on. */
    public KvCluster clientTimeout(long ms) {
        clientTimeoutMs = ms;
        return this;
    }

    /** A new client that knows all nodes. */
    public Client client() {
        int clientId = clients.size();
        SimTransport transport = new SimTransport(simulation, clientId, byAddress::get);
        KvClient kv = KvClient.builder()
                .endpoints(topology.nodes().stream().map(Topology.Node::address).toList())
                .clusterId(topology.cluster())
                .name("c" + clientId)
                .requestTimeoutMs(clientTimeoutMs)
                .build(transport);
        Client client = new Client(clientId, transport, kv);
        clients.add(client);
        return client;
    }

    /** What to do when an injected fault of a disk has ended a process; else it is started again at once. */
    void onDiskFailure(Consumer<? super SimServer> reaction) {
        onDiskFailure = reaction;
    }

    /** Keeps the trace as text. */
    public KvCluster recordTrace() {
        simulation.trace().record(servers.size(), this::stateOf);
        return this;
    }

    private String stateOf(int nodeId) {
        SimServer server = servers.get(nodeId);
        if (!server.up() || server.core() == null) {
            return "down";
        }
        StringBuilder text = new StringBuilder(server.paused() ? "zzz " : "");
        for (int groupId : server.core().groups()) {
            RaftStatus status = server.core().status(groupId);
            text.append(groupId).append("fpcL".charAt(status.role().ordinal())).append(status.lastApplied());
            text.append(' ');
        }
        return text.toString();
    }

    // --- verbs on processes ---

    public KvCluster startAll() {
        servers.values().stream().filter(server -> !server.up()).forEach(SimServer::start);
        return this;
    }

    public void crash(int nodeId) {
        if (servers.get(nodeId).up()) {
            servers.get(nodeId).crash();
        }
    }

    public void start(int nodeId) {
        if (!servers.get(nodeId).up()) {
            servers.get(nodeId).start();
        }
    }

    // --- verbs on links ---

    /** Links lose and delay as in the MIT 6.5840 tests, and so do the connections of these clients. */
    void unreliable(List<Client> ofClients) {
        network.faults(LinkFaults.UNRELIABLE);
        ofClients.forEach(client -> client.transport().faults(UNRELIABLE_CLIENT));
    }

    /** Nothing is cut and nothing is lost any more, between nodes and towards clients. */
    void healLinks() {
        network.faults(LinkFaults.NONE);
        network.healAll();
        clients.forEach(client -> {
            client.transport().faults(LinkFaults.NONE);
            client.transport().cutFrom(Set.of());
        });
    }

    // --- time ---

    public void runFor(long ms) {
        simulation.runFor(ms * 1000);
    }

    /** Lets time pass until {@code goal} holds; returns whether it came to hold within {@code limitMs}. */
    public boolean until(BooleanSupplier goal, long limitMs) {
        return simulation.runUntil(goal, limitMs * 1000);
    }

    /** As {@link #until}, but it must come to hold. */
    public void await(String what, BooleanSupplier goal, long limitMs) {
        Breach.unless(until(goal, limitMs), Rule.CONVERGENCE, "no %s within %d ms: %s", what, limitMs, this);
    }

    /** Waits for a future of a client; its failure is thrown. */
    public <T> T await(CompletableFuture<T> future, long limitMs) {
        await("answer", future::isDone, limitMs);
        return future.join();
    }

    // --- what is going on ---

    /** The leader of a group with the highest term among running nodes, 0 if there is none. */
    public int leader(int groupId) {
        int leader = 0;
        long term = -1;
        for (SimServer server : servers.values()) {
            if (server.runs() && server.core().groups().contains(groupId)) {
                RaftStatus status = server.core().status(groupId);
                if (status.role() == RaftStatus.Role.LEADER && status.currentTerm() > term) {
                    leader = server.nodeId();
                    term = status.currentTerm();
                }
            }
        }
        return leader;
    }

    /** The newest map that any replica of the controller has applied. */
    public ShardMap map() {
        return checks.newest();
    }

    /** Id of the group with that name in the newest map; 0 if there is none. */
    public int groupId(String name) {
        ShardMap.Group group = map().group(name);
        return group == null ? 0 : group.groupId();
    }

    // --- configurations ---

    /** Asks once for the next configuration. */
    public CompletableFuture<Response.Reconfigured> change(Change change) {
        return admin.kv().reconfigureAsync(change, 0, false);
    }

    public static Change join(String name, Integer... nodeIds) {
        return new Change.Join(List.of(new Change.NewGroup(name, List.of(nodeIds), 1)));
    }

    public static Change leave(String... names) {
        return new Change.Leave(List.of(names));
    }

    /** Asks until the configuration is made; its moves may be under way on return. */
    public Response.Reconfigured reconfigure(Change change, long limitMs) {
        long endUs = simulation.nowUs() + limitMs * 1000;
        while (true) {
            CompletableFuture<Response.Reconfigured> asked = change(change);
            await("answer of the controller", asked::isDone, 2 * CLIENT_TIMEOUT_MS);
            if (!asked.isCompletedExceptionally()) {
                return asked.join();
            }
            KvException why =
                    asked.handle((made, thrown) -> KvClient.failure(thrown)).join();
            boolean again = why.code().retryable() && simulation.nowUs() < endUs;
            Breach.unless(again, Rule.CONVERGENCE, "%s is refused: %s; %s", change, why.getMessage(), this);
            runFor(20);
        }
    }

    /** Waits until the newest configuration is complete. */
    public void awaitComplete(long limitMs) {
        await("complete configuration", () -> map().moves() == 0, limitMs);
    }

    // --- the end ---

    /** Waits until nothing is under way any more and all replicas are equal, then checks what is left. */
    public void awaitQuiet(long limitMs) {
        await("quiet", this::quiet, limitMs);
        hashed.clear(); // A state that has changed without an entry shows only when it is read again.
        map().groups().forEach(this::equal);
        checkKeys();
    }

    private boolean quiet() {
        ShardMap map = map();
        if (map.moves() > 0) {
            return false;
        }
        for (Client client : clients) {
            if (client.kv().inFlight() > 0) {
                return false;
            }
        }
        for (SimServer server : servers.values()) {
            if (!server.runs() || server.core().map().revision() != map.revision() || !holdsWhatItShould(server)) {
                return false;
            }
        }
        for (ShardMap.Group group : map.groups()) {
            if (!equal(group)) {
                return false;
            }
        }
        return true;
    }

    private static boolean holdsWhatItShould(SimServer server) {
        List<Integer> named = server.core().map().groups().stream()
                .filter(group -> group.nodeIds().contains(server.nodeId()))
                .map(ShardMap.Group::groupId)
                .sorted()
                .toList();
        // What a disk that came back too old holds of the newest group may be of one that is still to come, too.
        List<Integer> stored = server.storage().groups().stream()
                .filter(id -> named.contains(id) || !server.storage().isForgetful(id))
                .toList();
        return server.core().groups().equals(named) && stored.equals(named);
    }

    private boolean equal(ShardMap.Group group) {
        long applied = -1;
        long hash = 0;
        for (int nodeId : group.nodeIds()) {
            Core core = servers.get(nodeId).core();
            RaftStatus status = core.status(group.groupId());
            if (status.forgetful()
                    || status.lastApplied() != status.lastLogIndex()
                    || applied >= 0 && applied != status.lastApplied()) {
                return false;
            }
            applied = status.lastApplied();
            if (group.groupId() == ShardMap.CONTROLLER) {
                continue;
            }
            KvMachine machine = core.machine(group.groupId());
            for (ShardState shard : machine.shards()) {
                if (shard.status() != ShardState.Status.SERVING) {
                    return false;
                }
            }
            long own = stateHash(servers.get(nodeId), group.groupId(), applied);
            Breach.unless(
                    nodeId == group.nodeIds().get(0) || own == hash,
                    Rule.EQUAL_REPLICAS,
                    "n%d has another state of %s at index %d",
                    nodeId,
                    group.name(),
                    applied);
            hash = own;
        }
        return true;
    }

    /** Every shard is where the map says, nowhere else, and counts as many keys as it has. */
    private void checkKeys() {
        ShardMap map = map();
        for (ShardMap.Group group : map.dataGroups()) {
            KvMachine machine = servers.get(group.nodeIds().get(0)).core().machine(group.groupId());
            for (int shard = 0; shard < map.shardGroups().length; shard++) {
                boolean owned = map.shardGroups()[shard] == group.groupId();
                Breach.unless(
                        machine.serves(shard) == owned,
                        Rule.NO_LEFTOVERS,
                        "shard %d of group %d is %s",
                        shard,
                        map.shardGroups()[shard],
                        machine.shard(shard));
                long counted = machine.keys(shard);
                long found = ShardRows.count(machine, shard);
                Breach.unless(
                        counted == found,
                        Rule.KEYS_CONSERVED,
                        "shard %d counts %d keys and has %d in %s",
                        shard,
                        counted,
                        found,
                        group.name());
            }
        }
    }

    /** What was hashed of a replica, and when that was. */
    private record Hashed(int incarnation, long applied, long steps, long hash) {}

    /** Hashing reads the whole state. That is written only where entries are applied, or replaced, which is a step. */
    private long stateHash(SimServer server, int groupId, long applied) {
        KvMachine machine = server.core().machine(groupId);
        long key = (long) server.nodeId() << 32 | groupId;
        Hashed known = hashed.get(key);
        if (known == null
                || known.incarnation != server.incarnation()
                || known.applied != applied
                || known.steps != machine.moveSteps()) {
            known = new Hashed(server.incarnation(), applied, machine.moveSteps(), machine.stateHash());
            hashed.put(key, known);
        }
        return known.hash;
    }

    /** Bytes of all disks. */
    public long diskBytes() {
        return servers.values().stream()
                .filter(SimServer::up)
                .mapToLong(server -> server.storage().sizeBytes())
                .sum();
    }

    @Override
    public String toString() {
        ShardMap map = map();
        StringBuilder text = new StringBuilder("at " + simulation.nowUs() / 1000 + " ms, configuration ");
        text.append(map.number()).append(", revision ").append(map.revision());
        text.append(", ").append(map.moves()).append(" moves left");
        for (SimServer server : servers.values()) {
            text.append("\n    n").append(server.nodeId()).append(' ').append(stateOf(server.nodeId()));
            if (server.up()) {
                text.append("map ").append(server.core().map().revision());
                text.append(" stored ").append(server.storage().groups());
            }
        }
        for (ShardMap.Group group : map.dataGroups()) {
            text.append("\n    ")
                    .append(group.name())
                    .append('(')
                    .append(group.groupId())
                    .append(") on ");
            text.append(group.nodeIds()).append(", leader n").append(leader(group.groupId()));
            for (int shard = 0; shard < map.shardGroups().length; shard++) {
                ClusterChecks.GroupView view = checks.group(group.groupId());
                if (view.status(shard) != ShardState.Status.GONE) {
                    text.append(", ").append(shard).append(' ').append(view.status(shard));
                    text.append('/').append(view.shards[shard].number());
                    text.append(map.movingTo()[shard] == 0 ? "" : " to " + map.movingTo()[shard]);
                }
            }
        }
        for (Client client : clients) {
            if (client.kv().inFlight() > 0) {
                text.append("\n    c").append(client.clientId()).append(" waits for ");
                text.append(client.kv().inFlight());
            }
        }
        return text.toString();
    }
}
