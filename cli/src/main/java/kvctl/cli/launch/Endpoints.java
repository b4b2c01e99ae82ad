package kvctl.cli.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * What a client must know of a cluster to talk to it. Kept in a tiny properties file, so that a one-shot command needs no
 * YAML.
 *
 * @param clusterId of the cluster
 * @param shards number of shards
 * @param startedMs when it was last started, ms since 1970
 * @param nodes in topology order
 */
public record Endpoints(String clusterId, int shards, long startedMs, List<Node> nodes) {
    /** Where one node listens. */
    public record Node(int id, String name, String host, int port) {
        /** As it is written for people: host:port. */
        public String address() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    public Endpoints {
        nodes = List.copyOf(nodes);
    }

    /** The node of that name, or null. */
    public Node node(String name) {
        for (Node node : nodes) {
            if (node.name().equals(name)) {
                return node;
            }
        }
        return null;
    }

    Properties toProperties() {
        Properties properties = new Properties();
        properties.setProperty("cluster.id", clusterId);
        properties.setProperty("shards", Integer.toString(shards));
        properties.setProperty("started_ms", Long.toString(startedMs));
        properties.setProperty("nodes", Integer.toString(nodes.size()));
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            String prefix = "node." + (i + 1) + ".";
            properties.setProperty(prefix + "id", Integer.toString(node.id()));
            properties.setProperty(prefix + "name", node.name());
            properties.setProperty(prefix + "host", node.host());
            properties.setProperty(prefix + "port", Integer.toString(node.port()));
        }
        return properties;
    }

    /** @throws RuntimeException if a field is missing or no number */
    static Endpoints of(Properties properties) {
        int count = Integer.parseInt(properties.getProperty("nodes"));
        List<Node> nodes = new ArrayList<>(count);
        for (int i = 1; i <= count; i++) {
            String prefix = "node." + i + ".";
            nodes.add(new Node(
                    Integer.parseInt(properties.getProperty(prefix + "id")),
                    text(properties, prefix + "name"),
                    text(properties, prefix + "host"),
                    Integer.parseInt(properties.getProperty(prefix + "port"))));
        }
        return new Endpoints(
                text(properties, "cluster.id"),
                Integer.parseInt(properties.getProperty("shards")),
                Long.parseLong(properties.getProperty("started_ms")),
                nodes);
    }

    private static String text(Properties properties, String key) {
        String value = properties.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("field " + key + " is missing");
        }
        return value;
    }
}
