package kvctl.cli;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kvctl.cli.check.Subject;
import kvctl.client.KvClient;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ShardMap;

/** The cluster that a session is connected to, for a check that goes on beside it. */
final class ConnectedSubject implements Subject {
    private static final long LOOK_MS = 1_000;

    private final Session session;
    private final Session quiet;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Settings settings;
    private final ShardMap map;
    private final KvClient looking;

    ConnectedSubject(Session session) {
        this.session = session;
        this.settings = session.settings();
        this.map = session.connection().freshMap();
        this.looking = connect();
        Console caught = new Console(
                InputStream.nullInputStream(),
                out,
                err,
                Console.Terminals.NONE,
                session.console().env());
        this.quiet = new Session(caught, settings.withFormat(Format.TSV));
        quiet.enterRepl(); // Signals are for the command that runs these.
    }

    @Override
    public ShardMap map() {
        return map;
    }

    @Override
    public KvClient connect() {
        return connect(0, settings.requestMs());
    }

    @Override
    public KvClient connect(int nodeId, long timeoutMs) {
        return session.connection().target().connect(timeoutMs, nodeId);
    }

    @Override
    public Ran run(String commandLine) {
        out.reset();
        err.reset();
        int code = quiet.run(Tokenizer.split(commandLine).words());
        quiet.console().flush();
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Override
    public boolean isHere() {
        return session.connection().target().dir() != null;
    }

    @Override
    public Look look() {
        ClusterView view;
        try {
            view = ClusterView.ask(looking, map).get(LOOK_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
        Map<String, Leader> leaders = new LinkedHashMap<>();
        for (ShardMap.Group group : view.groups()) {
            ClusterView.Node leader = view.leader(group.groupId());
            NodeStatus.Replica led = leader == null ? null : leader.replica(group.groupId());
            leaders.put(
                    group.name(),
                    leader == null
                            ? new Leader(null, 0)
                            : new Leader(leader.place().name(), led.term()));
        }
        int[] owners = view.map().shardGroups();
        String[] names = new String[owners.length];
        for (int shard = 0; shard < owners.length; shard++) {
            ShardMap.Group owner = view.map().group(owners[shard]);
            names[shard] = owner == null ? null : owner.name();
        }
        return new Look(leaders, names);
    }

    @Override
    public void close() {
        looking.close();
        quiet.close();
    }
}
