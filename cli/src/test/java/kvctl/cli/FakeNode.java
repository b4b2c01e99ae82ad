package kvctl.cli;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Frame;
import kvctl.protocol.Frames;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Limits;
import kvctl.protocol.NodeStatus;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.ShardMap;
import kvctl.protocol.Shards;

/** A cluster of one node in this process that speaks the protocol, keeps values in a map, and can be told to fail. */
final class FakeNode implements AutoCloseable {
    static final int SHARDS = 4;

    /** What it does with requests for keys. */
    enum Mood {
        OK,
        /** Knows no leader. */
        LEADERLESS,
        /** Takes writes and does not answer. */
        SILENT
    }

    private record Row(byte[] value, long version) {}

    private final ServerSocket server;
    private final TreeMap<byte[], Row> rows = new TreeMap<>(Arrays::compareUnsigned);
    private final List<Socket> sockets = new ArrayList<>();
    private final Thread acceptor;
    private volatile Mood mood = Mood.OK;
    private volatile FakeShards shards;
    private long version;
    private long writesTaken;

    FakeNode() {
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        acceptor = daemon(this::accept);
    }

    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** How many writes came, answered or not. */
    synchronized long writesTaken() {
        return writesTaken;
    }

    /** From now on it plays a cluster with a controller and shards that move. */
    FakeShards withShards() {
        shards = new FakeShards(server.getLocalPort());
        return shards;
    }

    void mood(Mood newMood) {
        mood = newMood;
    }

    private static Thread daemon(Runnable body) {
        Thread thread = new Thread(body, "fake-node");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                synchronized (sockets) {
                    sockets.add(socket);
                }
                daemon(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            OutputStream out = socket.getOutputStream();
            while (true) {
                byte[] header = in.readNBytes(Frames.HEADER_BYTES);
                if (header.length < Frames.HEADER_BYTES) {
                    return;
                }
                int length = Frames.bodyLength(header, 0, Limits.FRAME_MAX_BYTES);
                byte[] frame = Arrays.copyOf(header, Frames.HEADER_BYTES + length);
                in.readFully(frame, Frames.HEADER_BYTES, length);
                Frame answer = answer(Frames.read(frame, Frames.HEADER_BYTES, length));
                if (answer != null) {
                    BytesWriter writer = new BytesWriter();
                    Frames.write(writer, answer);
                    out.write(writer.array(), 0, writer.size());
                }
            }
        } catch (IOException | ProtocolException closed) {
            // The other side is gone.
        }
    }

    private Frame answer(Frame frame) {
        if (frame instanceof Hello) {
            return new HelloReply.Accepted(Hello.VERSION, "fake", 1, "solo", 1, map());
        }
        Frame.Ask ask = (Frame.Ask) frame;
        Response response = answer(ask.request());
        return response == null ? null : new Frame.Answer(ask.correlationId(), response);
    }

    private synchronized Response answer(Request request) {
        if (request instanceof Request.GetMap) {
            return new Response.MapReply(map());
        }
        if (request instanceof Request.GetStatus) {
            return new Response.StatusReply(shards == null ? status() : shards.status());
        }
        Response ofShards = shards == null ? null : shards.answer(request);
        if (ofShards != null) {
            return ofShards == FakeShards.SILENCE ? null : ofShards;
        }
        if (mood == Mood.LEADERLESS) {
            return new Response.Refused(Response.Code.NOT_LEADER, "no leader", 0);
        }
        if (request instanceof Request.Get get) {
            Row row = rows.get(get.key());
            return row == null
                    ? new Response.NotFound(1, version)
                    : new Response.Value(row.value(), row.version(), 1, version);
        }
        if (request instanceof Request.Scan scan) {
            return page(scan);
        }
        writesTaken++;
        return mood == Mood.SILENT ? null : write((Request.Write) request);
    }

    private Response write(Request.Write write) {
        Row old = rows.get(write.key());
        long oldVersion = old == null ? 0 : old.version();
        if (write instanceof Request.Delete) {
            return rows.remove(write.key()) == null
                    ? new Response.Unchanged(0, 1, version)
                    : new Response.Written(++version, 1, version);
        }
        byte[] value;
        if (write instanceof Request.Cas cas) {
            if (cas.expectedVersion() != oldVersion) {
                return new Response.Unchanged(oldVersion, 1, version);
            }
            value = cas.value();
        } else if (write instanceof Request.Append append) {
            byte[] before = old == null ? new byte[0] : old.value();
            value = Arrays.copyOf(before, before.length + append.value().length);
            System.arraycopy(append.value(), 0, value, before.length, append.value().length);
        } else {
            value = ((Request.Put) write).value();
        }
        rows.put(write.key(), new Row(value, ++version));
        return new Response.Written(version, 1, version);
    }

    private Response page(Request.Scan scan) {
        List<Response.Row> found = new ArrayList<>();
        for (var entry : rows.tailMap(scan.from()).entrySet()) {
            byte[] key = entry.getKey();
            boolean matches = key.length >= scan.prefix().length
                    && Arrays.equals(Arrays.copyOf(key, scan.prefix().length), scan.prefix());
            if (matches && Shards.of(key, SHARDS) == scan.shardId()) {
                if (found.size() == scan.limit()) {
                    return new Response.Page(found, true, 1, version);
                }
                found.add(new Response.Row(
                        key, entry.getValue().value(), entry.getValue().version()));
            }
        }
        return new Response.Page(found, false, 1, version);
    }

    private ShardMap map() {
        if (shards != null) {
            return shards.map();
        }
        return new ShardMap(
                1,
                1,
                "fake",
                new int[] {1, 1, 1, 1},
                new int[4],
                List.of(new ShardMap.Group(1, "g1", List.of(1), mood == Mood.LEADERLESS ? 0 : 1)),
                List.of(new ShardMap.Node(1, "solo", "127.0.0.1", server.getLocalPort())),
                ShardMap.Steering.FREE);
    }

    private NodeStatus status() {
        boolean leads = mood != Mood.LEADERLESS;
        NodeStatus.Replica replica = new NodeStatus.Replica(
                1, "g1", leads ? "leader" : "candidate", 3, leads ? 1 : 0, 10, 10, 10, 1, 500, rows.size(), List.of());
        return new NodeStatus(1, "solo", 4711, 60_000, 1, 4096, 1 << 20, 1L << 40, List.of(replica), List.of());
    }

    @Override
    public void close() throws IOException {
        server.close();
        try {
            acceptor.join(); // Until then the kernel may still take a connection.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (sockets) {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
