package kvctl.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** At least one frame of every kind, with fields drawn from a seed. */
final class Samples {
    private final SplittableRandom random;

    Samples(long seed) {
        random = new SplittableRandom(seed);
    }

    List<Frame> all() {
        List<Frame> frames = new ArrayList<>();
        for (Request request : requests()) {
            frames.add(new Frame.Ask(number(), number(), request));
        }
        for (Response response : responses()) {
            frames.add(new Frame.Answer(number(), response));
        }
        for (Hello.Role role : Hello.Role.values()) {
            frames.add(new Hello(role, text(), id(), text(), number(), id(), id(), 0));
        }
        frames.add(Hello.ofClient(text(), text()).placedAt(1 + id() / 2));
        for (HelloReply.Code code : HelloReply.Code.values()) {
            frames.add(new HelloReply.Refused(code, text()));
        }
        frames.add(new HelloReply.Accepted(id(), text(), id(), text(), number(), null));
        frames.add(new HelloReply.Accepted(id(), text(), id(), text(), number(), map()));
        frames.add(new Frame.Peer(new BytesReader(bytes())));
        frames.add(new Frame.Failure(text()));
        return frames;
    }

    private List<Request> requests() {
        return List.of(
                new Request.Get(bytes()),
                new Request.Put(tag(), bytes(), bytes()),
                new Request.Append(tag(), bytes(), bytes()),
                new Request.Delete(tag(), bytes()),
                new Request.Cas(tag(), bytes(), number(), bytes()),
                new Request.Scan(random.nextInt(Limits.SHARDS_MAX), bytes(), bytes(), id()),
                new Request.GetMap(),
                new Request.GetStatus(),
                new Request.TransferLeadership(id(), id()),
                new Request.Reconfigure(number(), random.nextLong(), number(), random.nextBoolean(), join()),
                new Request.Reconfigure(number(), number(), 0, false, new Change.Leave(List.of(text(), text()))),
                new Request.Reconfigure(number(), number(), 0, false, new Change.Move(id(), text())),
                new Request.GetConfiguration(number()),
                new Request.SteerMoves(null, 1 + number() / 2),
                new Request.SteerMoves(true, 0),
                new Request.SteerMoves(false, -1),
                new Request.GetShards(),
                new Request.InjectFault(text(), text(), faults(), number(), random.nextLong()),
                new Request.HealFaults(text()),
                new Request.ListFaults(),
                new Request.SendProbe(id(), number()),
                new Request.GetProbes());
    }

    private List<Response> responses() {
        List<Response> responses = new ArrayList<>(List.of(
                new Response.Value(bytes(), number(), id(), number()),
                new Response.NotFound(id(), number()),
                new Response.Written(number(), id(), number()),
                new Response.Unchanged(number(), id(), number()),
                new Response.Page(List.of(row(), row()), random.nextBoolean(), id(), number()),
                new Response.Page(List.of(), random.nextBoolean(), id(), number()),
                new Response.MapReply(map()),
                new Response.StatusReply(status()),
                new Response.Reconfigured(configuration(), configuration(), text()),
                new Response.ConfigurationReply(configuration(), random.nextInt(Limits.SHARDS_MAX)),
                new Response.ShardsReply(List.of(shard(), shard())),
                new Response.FaultsReply(List.of(
                        new FaultStatus(text(), text(), random.nextLong(), number(), number(), hitFaults()),
                        new FaultStatus(text(), text(), random.nextLong(), number(), 0, List.of()))),
                new Response.ProbesReply(
                        List.of(new Response.Probe(id(), number(), number()), new Response.Probe(id(), number(), 0))),
                new Response.Ok()));
        for (Response.Code code : Response.Code.values()) {
            responses.add(new Response.Refused(code, text(), id()));
        }
        return responses;
    }

    /** One of each kind. */
    List<Fault> faults() {
        int from = 1 + id() / 2;
        int to = from + 1;
        int chance = 1 + random.nextInt(Fault.CERTAIN);
        int ms = 1 + random.nextInt(Fault.MS_MAX);
        int rate = Fault.RATE_MIN + random.nextInt(Fault.RATE_MAX - Fault.RATE_MIN + 1);
        return List.of(
                new Fault.Cut(from, to),
                new Fault.Delay(from, to, ms, random.nextInt(ms + 1)),
                new Fault.Drop(from, to, chance),
                new Fault.Duplicate(to, from, chance),
                new Fault.Reorder(from, to, chance, ms),
                new Fault.Clog(from, to),
                new Fault.SlowDisk(from, 1 + random.nextInt(Fault.SYNC_MS_MAX)),
                new Fault.FullDisk(from),
                new Fault.FailingDisk(from),
                new Fault.ClockJump(from, random.nextBoolean() ? ms : -ms),
                new Fault.ClockRate(from, rate));
    }

    private List<FaultStatus.Rule> hitFaults() {
        return faults().stream()
                .map(fault -> new FaultStatus.Rule(fault, number(), number()))
                .toList();
    }

    private Change join() {
        return new Change.Join(List.of(new Change.NewGroup(text(), List.of(id(), id()), id())));
    }

    private Configuration configuration() {
        int[] shardGroups = new int[1 + random.nextInt(40)];
        for (int i = 0; i < shardGroups.length; i++) {
            shardGroups[i] = id();
        }
        return new Configuration(
                number(), shardGroups, List.of(new Configuration.Group(id(), text(), List.of(id(), id()), id())));
    }

    private ShardStatus shard() {
        return new ShardStatus(
                random.nextInt(Limits.SHARDS_MAX),
                id(),
                text(),
                number(),
                id(),
                number(),
                number(),
                number(),
                number(),
                number(),
                number(),
                text());
    }

    private Request.Tag tag() {
        return new Request.Tag(number(), random.nextLong(), number(), number());
    }

    private Response.Row row() {
        return new Response.Row(bytes(), bytes(), number());
    }

    private ShardMap map() {
        int[] shardGroups = new int[1 + random.nextInt(40)];
        int[] movingTo = new int[shardGroups.length];
        for (int i = 0; i < shardGroups.length; i++) {
            shardGroups[i] = id();
            movingTo[i] = id();
        }
        return new ShardMap(
                number(),
                number(),
                text(),
                shardGroups,
                movingTo,
                List.of(new ShardMap.Group(id(), text(), List.of(id(), id()), id())),
                List.of(new ShardMap.Node(id(), text(), text(), random.nextInt(65536))),
                new ShardMap.Steering(random.nextBoolean(), number()));
    }

    private NodeStatus status() {
        NodeStatus.Replica replica = new NodeStatus.Replica(
                id(),
                text(),
                text(),
                number(),
                id(),
                number(),
                number(),
                number(),
                number(),
                number(),
                number(),
                List.of(new NodeStatus.Peer(id(), number(), random.nextBoolean())));
        return new NodeStatus(
                id(),
                text(),
                number(),
                number(),
                number(),
                number(),
                number(),
                number(),
                List.of(replica),
                List.of(text(), text()));
    }

    private int id() {
        return random.nextInt() >>> (1 + random.nextInt(31));
    }

    private long number() {
        return random.nextLong() >>> random.nextInt(64);
    }

    private String text() {
        return random.nextBoolean() ? "" : "dé\uD83D\uDE00lhi-" + random.nextInt(1000);
    }

    byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(50)];
        random.nextBytes(bytes);
        return bytes;
    }
}
