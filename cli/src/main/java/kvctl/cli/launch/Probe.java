package kvctl.cli.launch;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
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

/**
 * Asks one node for its status over a connection of its own, without retrying anything: whether the node answers is just
 * what is to be found out.
 */
final class Probe {
    private static final int BUFFER_BYTES = 4096;

    private Probe() {}

    /** @param map null if the node has none yet */
    record Answer(NodeStatus status, ShardMap map) {}

    /**
     * Connects, says hello and asks; blocks.
     *
     * @param clusterId what the node must belong to
     * @param timeoutMs for the connection, and again for each of the two answers
     * @throws IOException if the node does not answer in time, or answers something else; the message is one line
     */
    static Answer ask(String clusterId, Endpoints.Node node, int timeoutMs) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(timeoutMs);
            socket.connect(new InetSocketAddress(node.host(), node.port()), timeoutMs);
            DataInputStream in =
                    new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
            send(socket, Hello.ofClient(clusterId, "kvctl cluster"));
            Frame reply = receive(in);
            if (reply instanceof HelloReply.Refused refused) {
                throw new IOException(node.name() + " at " + node.address() + " refused: " + refused.message());
            }
            if (!(reply instanceof HelloReply.Accepted hello)) {
                throw new IOException(node.name() + " at " + node.address() + " did not answer the hello.");
            }
            send(socket, new Frame.Ask(1, timeoutMs, new Request.GetStatus()));
            if (receive(in) instanceof Frame.Answer answer
                    && answer.response() instanceof Response.StatusReply status) {
                if (!status.status().name().equals(node.name())) {
                    throw new IOException("Node " + status.status().name() + " answers at " + node.address()
                            + ", where " + node.name() + " should be.");
                }
                return new Answer(status.status(), hello.map());
            }
            throw new IOException(node.name() + " at " + node.address() + " did not answer with its status.");
        } catch (ProtocolException e) {
            throw new IOException("What answers at " + node.address() + " is no kvctl node: " + e.getMessage(), e);
        }
    }

    private static void send(Socket socket, Frame frame) throws IOException {
        BytesWriter bytes = new BytesWriter();
        Frames.write(bytes, frame);
        socket.getOutputStream().write(bytes.array(), 0, bytes.size());
    }

    private static Frame receive(DataInputStream in) throws IOException, ProtocolException {
        byte[] bytes = new byte[Frames.HEADER_BYTES];
        in.readFully(bytes);
        int length = Frames.bodyLength(bytes, 0, Limits.FRAME_MAX_BYTES);
        bytes = Arrays.copyOf(bytes, Frames.HEADER_BYTES + length);
        in.readFully(bytes, Frames.HEADER_BYTES, length);
        return Frames.read(bytes, Frames.HEADER_BYTES, length);
    }
}
