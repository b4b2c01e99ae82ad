package kvctl.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import kvctl.protocol.BytesWriter;
import kvctl.protocol.Frame;
import kvctl.protocol.Frames;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Limits;
import kvctl.protocol.ProtocolException;

/** One connection of {@link SocketTransport}; lives on its thread. */
final class SocketLink implements Transport.Link {
    /** With so much waiting to be written, no more is taken (HAZARDS A1). */
    private static final int OUT_MAX_BYTES = 32 << 20;

    /** Arrays that grew beyond this are let go when empty. */
    private static final int KEEP_BYTES = 1 << 20;

    private final SocketTransport transport;
    private final Transport.Listener listener;
    private SocketChannel channel;
    private SelectionKey key;
    private BytesWriter out = new BytesWriter(8 << 10);
    private int written;
    private byte[] in = new byte[16 << 10];
    private int inSize;
    private boolean connected;
    private boolean welcome;
    private boolean dirty;
    private boolean closed;

    SocketLink(SocketTransport transport, String address, Hello hello, Transport.Listener listener) {
        this.transport = transport;
        this.listener = listener;
        Frames.write(out, hello);
        int colon = address.lastIndexOf(':');
        try {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            key = channel.register(transport.selector(), SelectionKey.OP_CONNECT, this);
            int port = Integer.parseInt(address.substring(colon + 1));
            if (channel.connect(new InetSocketAddress(address.substring(0, colon), port))) {
                transport.execute(this::connected);
            }
        } catch (IOException | IllegalArgumentException e) {
            // The listener must not be called from here.
            transport.execute(() -> failed(e));
        }
    }

    @Override
    public boolean send(Frame.Ask ask) {
        if (closed || out.size() - written > OUT_MAX_BYTES) {
            return false;
        }
        int before = out.size();
        try {
            Frames.write(out, ask);
        } catch (IllegalArgumentException tooLong) {
            out.truncate(before);
            return false;
        }
        markDirty();
        return true;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    /** The selector has something for it. */
    void ready() {
        if (closed) {
            return;
        }
        try {
            if (key.isConnectable() && channel.finishConnect()) {
                connected();
            }
            if (!closed && key.isReadable()) {
                read();
            }
            if (!closed && key.isWritable()) {
                markDirty();
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    private void connected() {
        if (!closed && !connected) {
            connected = true;
            key.interestOps(SelectionKey.OP_READ);
            markDirty();
        }
    }

    private void markDirty() {
        if (!dirty) {
            dirty = true;
            transport.flushLater(this);
        }
    }

    /** Writes as much as the socket takes. */
    void flush() {
        dirty = false;
        if (closed || !connected) {
            return;
        }
        try {
            ByteBuffer buffer = transport.buffer();
            while (written < out.size()) {
                buffer.clear();
                buffer.put(out.array(), written, Math.min(buffer.capacity(), out.size() - written));
                buffer.flip();
                written += channel.write(buffer);
                if (buffer.hasRemaining()) {
                    compactOut();
                    key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                    return;
                }
            }
            written = 0;
            out.truncate(0);
            if (out.array().length > KEEP_BYTES) {
                out = new BytesWriter(8 << 10);
            }
            if (key.interestOps() != SelectionKey.OP_READ) {
                key.interestOps(SelectionKey.OP_READ);
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    /** Drops what is written once it is the greater part, so that the array does not grow for ever. */
    private void compactOut() {
        if (written > out.size() / 2) {
            BytesWriter rest = new BytesWriter(Math.max(8 << 10, out.size() - written));
            rest.raw(out.array(), written, out.size() - written);
            out = rest;
            written = 0;
        }
    }

    private void read() throws IOException {
        ByteBuffer buffer = transport.buffer();
        buffer.clear();
        int count = channel.read(buffer);
        if (count < 0) {
            closed(Transport.Closed.LOST, "closed the connection");
            return;
        }
        buffer.flip();
        if (in.length - inSize < count) {
            in = java.util.Arrays.copyOf(in, Math.max(in.length * 2, inSize + count));
        }
        buffer.get(in, inSize, count);
        inSize += count;
        try {
            parse();
        } catch (ProtocolException e) {
            closed(Transport.Closed.LOST, "sent what is no answer: " + e.getMessage());
        }
    }

    private void parse() throws ProtocolException {
        int at = 0;
        while (!closed && inSize - at >= Frames.HEADER_BYTES) {
            int max = welcome ? Limits.FRAME_MAX_BYTES : Limits.HELLO_FRAME_MAX_BYTES;
            int length = Frames.bodyLength(in, at, max);
            if (inSize - at - Frames.HEADER_BYTES < length) {
                break;
            }
            Frame frame = Frames.read(in, at + Frames.HEADER_BYTES, length);
            at += Frames.HEADER_BYTES + length;
            take(frame);
        }
        System.arraycopy(in, at, in, 0, inSize - at);
        inSize -= at;
        if (in.length > KEEP_BYTES && inSize < KEEP_BYTES / 2) {
            in = java.util.Arrays.copyOf(in, KEEP_BYTES / 2);
        }
    }

    private void take(Frame frame) throws ProtocolException {
        if (frame instanceof Frame.Answer answer && welcome) {
            listener.answered(answer.correlationId(), answer.response());
        } else if (frame instanceof HelloReply.Accepted accepted && !welcome) {
            welcome = true;
            listener.opened(accepted);
        } else if (frame instanceof HelloReply.Refused refused) {
            boolean passing = refused.code() == HelloReply.Code.BUSY || refused.code() == HelloReply.Code.STOPPING;
            closed(
                    passing ? Transport.Closed.LOST : Transport.Closed.UNWANTED,
                    "refused the hello: " + refused.message());
        } else if (frame instanceof Frame.Failure failure) {
            closed(Transport.Closed.LOST, "closed the connection: " + failure.message());
        } else {
            throw new ProtocolException("out of turn");
        }
    }

    private void failed(Exception cause) {
        if (cause instanceof ConnectException && !connected) {
            closed(Transport.Closed.REFUSED, "refused the connection");
        } else if (cause instanceof UnresolvedAddressException) {
            closed(Transport.Closed.REFUSED, "has an unknown host name");
        } else if (cause instanceof NoRouteToHostException) {
            closed(Transport.Closed.REFUSED, "has no route to it");
        } else if (connected) {
            closed(Transport.Closed.LOST, "broke the connection (" + cause.getMessage() + ")");
        } else {
            closed(Transport.Closed.LOST, "can't be connected to (" + cause.getMessage() + ")");
        }
    }

    private void closed(Transport.Closed kind, String reason) {
        if (!closed) {
            close();
            listener.closed(kind, reason);
        }
    }
}
