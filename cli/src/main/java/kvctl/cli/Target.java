package kvctl.cli;

import java.io.File;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import kvctl.cli.launch.ClusterDir;
import kvctl.cli.launch.Endpoints;
import kvctl.client.KvClient;

/**
 * A cluster that commands can talk to.
 *
 * @param name of the cluster, or the address that the user gave
 * @param clusterId that its nodes must have; empty if not known
 * @param addresses {@code host:port} of its nodes
 * @param dir its state on this machine; null if the user gave addresses
 */
record Target(String name, String clusterId, List<String> addresses, ClusterDir dir) {
    /**
     * @param asked name or {@code host:port[,host:port...]}; null: the cluster of this machine
     * @throws CliException if there is no such cluster
     */
    static Target find(Map<String, String> env, String asked) {
        if (asked != null && asked.indexOf(':') >= 0) {
            return new Target(asked, "", List.of(asked.split(",")), null);
        }
        try {
            ClusterDir dir = asked == null ? current(Home.of(env)) : ClusterDir.of(Home.of(env), asked);
            if (!dir.exists()) {
                throw notRunning("No cluster '" + asked + "' is running here.", null);
            }
            Endpoints endpoints = dir.endpoints();
            String[] addresses = new String[endpoints.nodes().size()];
            for (int i = 0; i < addresses.length; i++) {
                addresses[i] = endpoints.nodes().get(i).address();
            }
            return new Target(dir.name(), endpoints.clusterId(), List.of(addresses), dir);
        } catch (UncheckedIOException e) {
            throw new CliException(ExitCode.CONFIG, e.getCause().getMessage() + ".", null, e);
        } catch (IllegalArgumentException e) {
            throw CliException.usage(e.getMessage(), null);
        }
    }

    /** The only cluster of this machine needs no look at its processes; of several the one that runs is meant. */
    private static ClusterDir current(Path home) {
        File[] dirs = home.resolve("clusters").toFile().listFiles();
        ClusterDir only = null;
        int count = 0;
        for (File each : dirs == null ? new File[0] : dirs) {
            ClusterDir dir = new ClusterDir(each.toPath());
            if (dir.exists()) {
                only = dir;
                count++;
            }
        }
        if (count > 1) {
            return ClusterDir.current(home).orElse(only);
        }
        if (only == null) {
            throw notRunning("No cluster is running here.", null);
        }
        return only;
    }

    static CliException notRunning(String message, Throwable cause) {
        return new CliException(ExitCode.UNREACHABLE, message, "kvctl cluster up -f topology.yaml", cause);
    }

    /** It is a cluster of this machine, and no process of it runs. */
    boolean isDown() {
        try {
            return dir != null && !dir.running();
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    KvClient connect(long timeoutMs) {
        return connect(timeoutMs, 0);
    }

    /** @param place node beside which the client counts as being; 0: none */
    KvClient connect(long timeoutMs, int place) {
        return KvClient.builder()
                .at(place)
                .endpoints(addresses)
                .clusterId(clusterId)
                .name("kvctl")
                .requestTimeoutMs(timeoutMs)
                .giveUpWhenAllRefuse(true)
                .build();
    }
}
