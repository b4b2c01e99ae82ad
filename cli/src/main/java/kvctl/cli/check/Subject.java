package kvctl.cli.check;

import java.util.Map;
import kvctl.client.KvClient;
import kvctl.protocol.ShardMap;

/** The cluster that is checked. Its methods may be called by any thread, {@link #run} and {@link #look} by one at a time. */
public interface Subject extends AutoCloseable {
    ShardMap map();

    /** One more connection, to be closed by the caller. */
    KvClient connect();

    /** Runs a command as a user would, without its output. @return exit code */
    int run(String commandLine);

    /** Who leads and who owns; null if nobody answers. */
    Look look();

    @Override
    void close();

    /**
     * What was seen at one moment.
     *
     * @param leaders by name of the group
     * @param owners group of each shard by name; null: nobody
     */
    record Look(Map<String, Leader> leaders, String[] owners) {}

    /** @param node leader by its own word; null: nobody leads */
    record Leader(String node, long term) {}
}
