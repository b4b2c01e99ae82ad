package kvctl.cli.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * How a cluster was brought up, so that a node started later by another command starts in the same way.
 *
 * @param launcher the process that the nodes must not outlive; empty if they run on their own
 * @param jvmArgs extra arguments for each node's Java machine
 */
record Launch(Optional<ProcessRef> launcher, List<String> jvmArgs) {
    Launch {
        jvmArgs = List.copyOf(jvmArgs);
    }

    /** Without a launcher that is gone: a node that waited for it would stop at once. */
    Launch now() {
        return new Launch(launcher.filter(ref -> ref.life() != ProcessRef.Life.GONE), jvmArgs);
    }

    Properties toProperties() {
        Properties properties = launcher.map(ClusterDir::processProperties).orElseGet(Properties::new);
        properties.setProperty("jvm_args", Integer.toString(jvmArgs.size()));
        for (int i = 0; i < jvmArgs.size(); i++) {
            properties.setProperty("jvm_arg." + (i + 1), jvmArgs.get(i));
        }
        return properties;
    }

    /** @throws RuntimeException if a field is missing or no number */
    static Launch of(Properties properties) {
        int count = Integer.parseInt(properties.getProperty("jvm_args"));
        List<String> jvmArgs = new ArrayList<>(count);
        for (int i = 1; i <= count; i++) {
            jvmArgs.add(properties.getProperty("jvm_arg." + i));
        }
        boolean attached = properties.getProperty("pid") != null;
        return new Launch(attached ? Optional.of(ClusterDir.process(properties)) : Optional.empty(), jvmArgs);
    }
}
