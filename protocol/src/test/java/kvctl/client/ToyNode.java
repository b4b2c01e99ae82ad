package kvctl.client;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Frame;
import kvctl.protocol.Frames;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;

/** A node in one thread per connection that answers from a {@link ToyCluster}. */
final class ToyNode implements AutoCloseable {
    final int nodeId;
    final ServerSocket server;
    private final ToyCluster cluster;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    ToyNode(ToyCluster cluster, int nodeId, int port) throws IOException {
        this.cluster = cluster;
        this.nodeId = nodeId;
        this.server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private static void start(Runnable body) {
        Thread thread = new Thread(body, "toy-node");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over, or the node was stopped on purpose.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
            OutputStream out = socket.getOutputStream();
            BytesWriter answers = new BytesWriter();
            while (true) {
                if (in.available() == 0 && answers.size() > 0) {
                    out.write(answers.array(), 0, answers.size());
                    answers.truncate(0);
                }
                byte[] header = in.readNBytes(8);
                if (header.length < 8) {
                    return;
                }
                int length = Frames.bodyLength(header, 0, Limits.FRAME_MAX_BYTES);
                byte[] frame = java.util.Arrays.copyOf(header, 8 + length);
                in.readFully(frame, 8, length);
                answer(answers, Frames.read(frame, 8, length));
            }
        } catch (IOException | ProtocolException closed) {
            // The other side is gone.
        }
    }

    private void answer(BytesWriter answers, Frame frame) {
        if (frame instanceof Hello hello) {
            HelloReply reply = hello.clusterId().isEmpty() || hello.clusterId().equals("toy")
                    ? new HelloReply.Accepted(1, "toy", nodeId, "n" + nodeId, 1, cluster.map(nodeId))
                    : new HelloReply.Refused(
                            HelloReply.Code.WRONG_CLUSTER, "this is cluster toy, not " + hello.clusterId());
            Frames.write(answers, reply);
        } else if (frame instanceof Frame.Ask ask) {
            var response = cluster.answer(nodeId, ask.request());
            if (response != null) {
                Frames.write(answers, new Frame.Answer(ask.correlationId(), response));
            }
        }
    }

    void cutConnections() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    @Override
    public void close() throws IOException {
        server.close();
        cutConnections();
    }
}
