package kvctl.node.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GateTest {
    /** Both ends of a link reset it, and the other one may have been quicker. */
    @Test
    void aConnectionThatIsClosedAlreadyCanBeReset() throws Exception {
        EventLoopGroup threads = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            NioSocketChannel channel = new NioSocketChannel();
            threads.register(channel).sync();
            Gate gate = Gate.dialled(new Faults(1, 2, true), 2);
            channel.pipeline().addLast(gate);
            channel.close().sync();
            assertThat(channel.isOpen()).isFalse();
            assertThatCode(gate::reset).doesNotThrowAnyException();
        } finally {
            threads.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }
}
