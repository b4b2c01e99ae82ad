package kvctl.node;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Frame;
import kvctl.protocol.Frames;
import kvctl.protocol.Hello;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/** One blocking connection that says exactly what a test wants said. */
final class RawClient implements AutoCloseable {
    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final Map<Long, Response> early = new HashMap<>();
    private long lastId;

    RawClient(Topology.Node node) throws IOException {
        socket.connect(new InetSocketAddress(node.host(), node.port()), 2000);
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Connected and greeted. */
    static RawClient to(Topology.Node node) throws IOException, ProtocolException {
        RawClient client = new RawClient(node);
        client.send(Hello.ofClient("", "test"));
        client.receive();
        return client;
    }

    /** As above, of a client that counts as being beside a node; waits for no answer to its hello. */
    static RawClient placed(Topology.Node node, int at) throws IOException {
        RawClient client = new RawClient(node);
        client.send(Hello.ofClient("", "test").placedAt(at));
        return client;
    }

    void sendBytes(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    void send(Frame frame) throws IOException {
        BytesWriter out = new BytesWriter();
        Frames.write(out, frame);
        sendBytes(out.toBytes());
    }

    /** Sends without waiting; returns the correlation id. */
    long ask(Request request, long timeLeftMs) throws IOException {
        lastId++;
        send(new Frame.Ask(lastId, timeLeftMs, request));
        return lastId;
    }

    Response call(Request request) throws IOException, ProtocolException {
        return answer(ask(request, 5000));
    }

    Response answer(long id) throws IOException, ProtocolException {
        while (!early.containsKey(id)) {
            Frame.Answer answer = (Frame.Answer) receive();
            early.put(answer.correlationId(), answer.response());
        }
        return early.remove(id);
    }

    /** Next frame; fails at the end of the stream. */
    Frame receive() throws IOException, ProtocolException {
        byte[] header = new byte[Frames.HEADER_BYTES];
        in.readFully(header);
        int length = Frames.bodyLength(header, 0, Limits.FRAME_MAX_BYTES);
        byte[] whole = new byte[Frames.HEADER_BYTES + length];
        System.arraycopy(header, 0, whole, 0, header.length);
        in.readFully(whole, header.length, length);
        return Frames.read(whole, header.length, length);
    }

    /** True if not a byte comes for a while. */
    boolean nothingComes() throws IOException {
        socket.setSoTimeout(300);
        try {
            return in.read() < -1;
        } catch (SocketTimeoutException expected) {
            return true;
        } finally {
            socket.setSoTimeout(10_000);
        }
    }

    /** Everything until the node closes, as text. */
    String readToEnd() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
