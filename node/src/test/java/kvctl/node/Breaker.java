package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kvctl.protocol.Fault;
import kvctl.protocol.FaultStatus;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/** Injects and heals faults as the command line does: tells each node the rules that concern it. */
final class Breaker implements AutoCloseable {
    private final TestCluster cluster;
    private final Map<Integer, RawClient> clients = new HashMap<>();
    private long lastProbe;

    Breaker(TestCluster cluster) {
        this.cluster = cluster;
    }

    Response ask(int nodeId, Request request) throws IOException, ProtocolException {
        if (!clients.containsKey(nodeId)) {
            clients.put(nodeId, RawClient.to(cluster.node(nodeId)));
        }
        return clients.get(nodeId).call(request);
    }

    /** In force in all nodes when it returns. */
    void inject(String id, String... rules) throws IOException, ProtocolException {
        injectFor(0, id, rules);
    }

    void injectFor(long forMs, String id, String... rules) throws IOException, ProtocolException {
        for (int nodeId : cluster.running()) {
            injectAt(nodeId, forMs, id, rules);
        }
    }

    /** Only that node is told. */
    void injectAt(int nodeId, long forMs, String id, String... rules) throws IOException, ProtocolException {
        List<Fault> here = Arrays.stream(rules)
                .map(rule ->
                        Fault.parse(rule, name -> cluster.topology.node(name).id()))
                .filter(rule -> rule.concerns(nodeId))
                .toList();
        if (!here.isEmpty()) {
            Response answer = ask(nodeId, new Request.InjectFault(id, "of a test", here, forMs, 42));
            assertThat(((Response.FaultsReply) answer).faults())
                    .extracting(FaultStatus::id)
                    .contains(id);
        }
    }

    /** @param id empty: all */
    void heal(String id) throws IOException, ProtocolException {
        for (int nodeId : cluster.running()) {
            Response.FaultsReply left = (Response.FaultsReply) ask(nodeId, new Request.HealFaults(id));
            assertThat(left.faults()).extracting(FaultStatus::id).doesNotContain(id);
        }
    }

    List<FaultStatus> list(int nodeId) throws IOException, ProtocolException {
        return ((Response.FaultsReply) ask(nodeId, new Request.ListFaults())).faults();
    }

    long hits(int nodeId, String id) throws IOException, ProtocolException {
        return list(nodeId).stream()
                .filter(fault -> fault.id().equals(id))
                .mapToLong(FaultStatus::hits)
                .sum();
    }

    /** Sends a probe; returns its number. */
    long probe(int from, int to) throws IOException, ProtocolException {
        lastProbe++;
        assertThat(ask(from, new Request.SendProbe(to, lastProbe))).isInstanceOf(Response.Ok.class);
        return lastProbe;
    }

    /** Numbers of the probes that came from one node to another lately, in their order. */
    List<Long> arrived(int from, int to) throws IOException, ProtocolException {
        List<Long> numbers = new ArrayList<>();
        for (Response.Probe probe : ((Response.ProbesReply) ask(to, new Request.GetProbes())).probes()) {
            if (probe.fromNodeId() == from) {
                numbers.add(probe.number());
            }
        }
        return numbers;
    }

    /** Sends probes until one arrives; fails after 20 s. */
    void awaitLink(int from, int to) {
        long before = lastProbe;
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    probe(from, to);
                    return arrived(from, to).stream().anyMatch(number -> number > before);
                });
    }

    @Override
    public void close() throws IOException {
        for (RawClient client : clients.values()) {
            client.close();
        }
    }
}
