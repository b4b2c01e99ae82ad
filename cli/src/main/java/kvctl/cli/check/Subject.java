package kvctl.cli.check;

import java.util.Map;
import kvctl.client.KvClient;
import kvctl.protocol.ShardMap;

/** The cluster that is checked. Its methods may be called by any thread, {@link #run} and {@link #look} by one at a time. */
public interface Subject extends AutoCloseable {
    ShardMap map();

    /** One more connection, to be closed by the caller. */
    KvClient connect();

    /**
     * As above.
     *
     * @param nodeId node beside which the client counts as being, so that faults of its links are the client's, too; 0: none
     * @param timeoutMs most time for a request
     */
    KvClient connect(int nodeId, long timeoutMs);

    /** Runs a command as a user would whose output is no terminal. */
    Ran run(String commandLine);

    /** Its nodes are processes that kvctl started on this machine: they can be killed and started again. */
    boolean isHere();

    /** Who leads and who owns; null if nobody answers. */
    Look look();

    @Override
    void close();

    /**
     * What a command did.
     *
     * @param out what it wrote to standard output, {@code err} to standard error
     */
    record Ran(int code, String out, String err) {}

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
