package kvctl.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kvctl.node.Topology.Group;
import kvctl.node.Topology.Node;
import kvctl.node.Topology.Settings;

/** Writes a topology as YAML, every value spelled out; settings that are those of the first node only once. */
final class TopologyWriter {
    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .build());

    private TopologyWriter() {}

    static String write(Topology topology) {
        Settings common = topology.nodes().get(0).settings();
        Map<String, Object> top = new LinkedHashMap<>();
        top.put("cluster", topology.cluster());
        top.put("shards", topology.shards());
        Map<String, Object> nodes = new LinkedHashMap<>();
        for (Node node : topology.nodes()) {
            Map<String, Object> own = new LinkedHashMap<>();
            own.put("host", node.host());
            own.put("port", node.port());
            if (!node.settings().equals(common)) {
                own.putAll(settings(node.settings()));
            }
            nodes.put(node.name(), own);
        }
        top.put("nodes", nodes);
        top.put("controller", names(topology, topology.controller()));
        Map<String, Object> groups = new LinkedHashMap<>();
        for (Group group : topology.groups()) {
            groups.put(group.name(), names(topology, group.nodeIds()));
        }
        top.put("groups", groups);
        top.put("node", settings(common));
        try {
            return YAML.writeValueAsString(top);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of texts and numbers is always YAML", e);
        }
    }

    private static List<String> names(Topology topology, List<Integer> ids) {
        return ids.stream().map(id -> topology.node(id).name()).toList();
    }

    private static Map<String, Object> settings(Settings settings) {
        Map<String, Object> snapshot = new LinkedHashMap<>();
        snapshot.put("entries", settings.snapshotEntries());
        snapshot.put("bytes", TopologyValues.bytesText(settings.snapshotBytes()));
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("heap", TopologyValues.bytesText(settings.heapBytes()));
        out.put("snapshot", snapshot);
        out.put("heartbeat", settings.heartbeatMs() + "ms");
        out.put("election", settings.electionMs() + "ms");
        out.put("faults", settings.faults());
        return out;
    }
}
