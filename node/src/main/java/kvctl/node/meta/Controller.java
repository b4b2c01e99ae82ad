package kvctl.node.meta;

import java.util.ArrayList;
import java.util.List;
import kvctl.protocol.Configuration;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.raft.Entry;
import kvctl.raft.Invariant;
import kvctl.raft.StateMachine;
import kvctl.storage.Tables;

/**
 * The state machine of the controller's group: numbered configurations, one being carried out at a time.
 *
 * <p>A change makes the next configuration if the newest one is complete and, should the request name it, the expected
 * one (HAZARDS G1, G3). Its shards then move one by one, and each arrival is an entry, {@link #moved}; after the last
 * one the configuration is complete. A repeat of a request that made a configuration gets the first answer; a refused
 * one is forgotten, so its repeat is judged anew.
 *
 * <p>Replies are {@link Response.Reconfigured}, {@link Response.Ok} or {@link Response.Refused}: BAD_REQUEST for a change
 * that makes no sense, CONFLICT for one that comes at the wrong moment; a refusal changes nothing. A damaged row or an
 * unreadable command throws, which stops the node. Arrays in what is handed out must not be changed. Not thread-safe.
 */
public final class Controller implements StateMachine {
    private final Tables tables;
    private final ShardMap first;
    private final Configuration firstConfiguration;
    private final Configurations configurations;
    private final Tables.Table stateTable;
    private long lastApplied;
    private long lastAppliedTerm;
    private State state;

    /** What {@link #map} gives; null if the state has changed since. */
    private ShardMap map;

    /** The tables that are in memory; an installed snapshot makes others. */
    private long loadedGeneration = -1;

    /**
     * @param first map of the topology with number 1: configuration 1 as long as nothing is applied, and for ever the
     *     nodes, the cluster's id and the group {@link ShardMap#CONTROLLER}. The same on all replicas
     * @param firstGroups the groups of configuration 1, in the order of their ids
     * @throws IllegalArgumentException if {@code first} is not such a map
     */
    public Controller(Tables tables, ShardMap first, List<Configuration.Group> firstGroups) {
        if (first.number() != 1 || first.group(ShardMap.CONTROLLER) == null) {
            throw new IllegalArgumentException("the first map has number 1 and the controller's group");
        }
        this.tables = tables;
        this.first = first;
        firstConfiguration = new Configuration(1, first.shardGroups().clone(), List.copyOf(firstGroups));
        configurations = new Configurations(tables);
        stateTable = tables.table("state");
        loadIfReplaced();
    }

    /**
     * The bytes to propose for a change; ask {@link #plan} first, so that what is refused is not in the log.
     *
     * @throws IllegalArgumentException with a line for the user if it is over 64 KiB, or only to be planned
     */
    public static byte[] reconfigure(Request.Reconfigure request) {
        if (request.planOnly()) {
            throw new IllegalArgumentException("A plan is read from the state; it is never proposed.");
        }
        return Command.encode(command(request));
    }

    /** The bytes to propose when a shard has arrived where configuration {@code number} wants it; repeats do no harm. */
    public static byte[] moved(int shardId, long number) {
        return Command.encode(new Command.Moved(shardId, number));
    }

    /** The bytes to propose to pause, resume or throttle moves. */
    public static byte[] steer(Request.SteerMoves request) {
        return Command.encode(new Command.Steer(request.paused(), request.bytesPerS()));
    }

    private static Command.Reconfigure command(Request.Reconfigure request) {
        Command.RequestId id = new Command.RequestId(request.idMs(), request.idRandom());
        return new Command.Reconfigure(id, request.expectedNumber(), request.change());
    }

    /** Takes everything that is in memory from the tables, if they were replaced. */
    private void loadIfReplaced() {
        if (loadedGeneration == tables.generation()) {
            return;
        }
        loadedGeneration = tables.generation();
        map = null;
        lastApplied = tables.lastApplied();
        lastAppliedTerm = tables.lastAppliedTerm();
        state = lastApplied == 0 ? State.first(firstConfiguration) : State.read(stateTable, configurations);
    }

    @Override
    public long lastApplied() {
        loadIfReplaced();
        return lastApplied;
    }

    @Override
    public long lastAppliedTerm() {
        loadIfReplaced();
        return lastAppliedTerm;
    }

    @Override
    public List<Object> apply(List<Entry> entries) {
        loadIfReplaced();
        if (entries.isEmpty()) {
            return List.of();
        }
        boolean isGenesis = lastApplied == 0;
        if (isGenesis) {
            configurations.put(new Configurations.Made(firstConfiguration, ""));
        }
        long revision = state.revision();
        List<Object> replies = new ArrayList<>(entries.size());
        for (Entry entry : entries) {
            Invariant.check(entry.index() == lastApplied + 1, "entries follow each other", entry.index(), lastApplied);
            boolean isCommand = entry.kind() == Entry.Kind.COMMAND;
            replies.add(isCommand ? apply(entry.index(), Command.decode(entry.command())) : null);
            lastApplied = entry.index();
            lastAppliedTerm = entry.term();
        }
        if (isGenesis || state.revision() != revision) {
            state.write(stateTable);
            map = null;
        }
        tables.applied(lastApplied, lastAppliedTerm);
        return replies;
    }

    private Response apply(long index, Command command) {
        if (command instanceof Command.Reconfigure reconfigure) {
            Response response = decide(reconfigure);
            if (response instanceof Response.Reconfigured made
                    && made.after().number() > state.newest().number()) {
                configurations.put(new Configurations.Made(made.after(), made.why()));
                configurations.putRequest(reconfigure.id(), made.after().number());
                state.begin(made.after(), index);
            }
            return response;
        }
        if (command instanceof Command.Steer steer) {
            state.steer(steer, index);
        } else if (command instanceof Command.Moved moved && state.isPending(moved.shardId(), moved.number())) {
            state.moved(moved.shardId(), index);
        }
        return new Response.Ok();
    }

    /** What becomes of the request in the state as it is now; nothing is changed. */
    private Response decide(Command.Reconfigure request) {
        long made = configurations.madeBy(request.id());
        if (made != 0) {
            Configurations.Made earlier = configurations.get(made);
            Configuration before = configurations.get(made - 1).configuration();
            return new Response.Reconfigured(before, earlier.configuration(), earlier.why());
        }
        Configuration newest = state.newest();
        long number = newest.number();
        if (request.expectedNumber() != 0 && request.expectedNumber() != number) {
            return conflict("The configuration is " + number + ", not " + request.expectedNumber()
                    + "; look at it (kvctl query) and try again.");
        }
        Configuration after;
        try {
            after = new Changes(newest, state.nextGroupId(), first).next(request.change());
        } catch (Refusal e) {
            return refused(e.getMessage());
        }
        int left = state.movesLeft();
        if (left > 0) {
            return conflict("Configuration " + number + " is being carried out: " + left + " of "
                    + Why.count(state.moves(), "move") + (left == 1 ? " is" : " are")
                    + " left; kvctl wait migrated, then try again.");
        }
        return new Response.Reconfigured(newest, after, Why.line(newest, after, request.change()));
    }

    private static Response conflict(String message) {
        return new Response.Refused(Response.Code.CONFLICT, message, 0);
    }

    private static Response refused(String message) {
        return new Response.Refused(Response.Code.BAD_REQUEST, message, 0);
    }

    /** What the request would be answered if it were the next entry; {@code planOnly} is not looked at. */
    public Response plan(Request.Reconfigure request) {
        loadIfReplaced();
        return decide(command(request));
    }

    /**
     * Reads a configuration of the state as it is now; whether a client may be told is the caller's to know.
     *
     * @param number 0: the newest
     * @return {@link Response.ConfigurationReply}, or {@link Response.Refused} if there is no such configuration
     */
    public Response configuration(long number) {
        loadIfReplaced();
        long newest = state.newest().number();
        if (number == 0 || number == newest) {
            return new Response.ConfigurationReply(state.newest(), state.movesLeft());
        }
        if (number < 0 || number > newest) {
            return refused("There is no configuration " + number + "; the newest is " + newest + ".");
        }
        return new Response.ConfigurationReply(configurations.get(number).configuration(), 0);
    }

    /** The newest configuration, complete or not. */
    public Configuration newest() {
        loadIfReplaced();
        return state.newest();
    }

    /**
     * Who owns which shard now, and who is to own it. The same object until the state changes. Groups that leave are in
     * it until the configuration without them is complete (HAZARDS G11). Leaders are not known here.
     */
    public ShardMap map() {
        loadIfReplaced();
        if (map == null) {
            map = state.map(first);
        }
        return map;
    }

    /** The shard is still on its way into configuration {@code number}, which is the newest. */
    public boolean isPending(int shardId, long number) {
        loadIfReplaced();
        return state.isPending(shardId, number);
    }

    @Override
    public Source openSnapshot() {
        return tables.openSnapshot();
    }

    @Override
    public Sink receiveSnapshot(long lastIncludedIndex, long lastIncludedTerm) {
        return tables.receiveSnapshot(lastIncludedIndex, lastIncludedTerm);
    }
}
