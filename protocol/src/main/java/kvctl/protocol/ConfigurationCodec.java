package kvctl.protocol;

import java.util.ArrayList;
import java.util.List;

/** Configurations and changes in bytes, on the wire and in the controller's log and tables. */
public final class ConfigurationCodec {
    private static final int JOIN = 1;
    private static final int LEAVE = 2;
    private static final int MOVE = 3;

    private ConfigurationCodec() {}

    public static void write(BytesWriter out, Configuration configuration) {
        out.varint(configuration.number());
        out.varint(configuration.shardGroups().length);
        for (int groupId : configuration.shardGroups()) {
            out.varint(groupId);
        }
        out.varint(configuration.groups().size());
        for (Configuration.Group group : configuration.groups()) {
            out.varint(group.groupId());
            out.string(group.name());
            writeIds(out, group.nodeIds());
            out.varint(group.weight());
        }
    }

    /** @throws ProtocolException if the bytes are no configuration */
    public static Configuration read(BytesReader in) throws ProtocolException {
        long number = in.varint();
        int[] shardGroups = new int[readShardCount(in, 1)];
        for (int i = 0; i < shardGroups.length; i++) {
            shardGroups[i] = in.varint(Integer.MAX_VALUE);
        }
        int count = in.count(4);
        List<Configuration.Group> groups = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            groups.add(new Configuration.Group(
                    in.varint(Integer.MAX_VALUE), in.string(), readIds(in), in.varint(Integer.MAX_VALUE)));
        }
        return new Configuration(number, shardGroups, groups);
    }

    public static void writeChange(BytesWriter out, Change change) {
        if (change instanceof Change.Join join) {
            out.u8(JOIN);
            out.varint(join.groups().size());
            for (Change.NewGroup group : join.groups()) {
                out.string(group.name());
                writeIds(out, group.nodeIds());
                out.varint(group.weight());
            }
        } else if (change instanceof Change.Leave leave) {
            out.u8(LEAVE);
            out.varint(leave.groups().size());
            leave.groups().forEach(out::string);
        } else if (change instanceof Change.Move move) {
            out.u8(MOVE);
            out.varint(move.shardId());
            out.string(move.group());
        } else {
            throw new IllegalArgumentException("no codec for " + change);
        }
    }

    /** @throws ProtocolException if the bytes are no change */
    public static Change readChange(BytesReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case JOIN -> {
                int count = in.count(3);
                List<Change.NewGroup> groups = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    groups.add(new Change.NewGroup(in.string(), readIds(in), in.varint(Integer.MAX_VALUE)));
                }
                yield new Change.Join(groups);
            }
            case LEAVE -> {
                int count = in.count(1);
                List<String> names = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    names.add(in.string());
                }
                yield new Change.Leave(names);
            }
            case MOVE -> new Change.Move(in.varint(Integer.MAX_VALUE), in.string());
            default -> throw new ProtocolException("unknown kind of change: " + kind);
        };
    }

    static int readShardCount(BytesReader in, int leastBytesEach) throws ProtocolException {
        int shards = in.count(leastBytesEach);
        if (shards < 1 || shards > Limits.SHARDS_MAX) {
            throw new ProtocolException(shards + " shards; allowed are 1 to " + Limits.SHARDS_MAX);
        }
        return shards;
    }

    static void writeIds(BytesWriter out, List<Integer> ids) {
        out.varint(ids.size());
        for (int id : ids) {
            out.varint(id);
        }
    }

    static List<Integer> readIds(BytesReader in) throws ProtocolException {
        int count = in.count(1);
        List<Integer> ids = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ids.add(in.varint(Integer.MAX_VALUE));
        }
        return ids;
    }
}
