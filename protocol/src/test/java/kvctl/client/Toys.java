package kvctl.client;

import java.util.List;
import java.util.SplittableRandom;

/** Three toy nodes in virtual time whose connections break and whose answers get lost, for tests of other packages. */
public final class Toys {
    private final ToyCluster cluster = new ToyCluster(2, 1, 2, 3);
    private final VirtualTransport net;
    private final SplittableRandom dice;

    /** @param forgetful the nodes don't recognise a repeated write */
    public Toys(long seed, boolean forgetful) {
        net = new VirtualTransport(cluster, seed);
        dice = new SplittableRandom(seed ^ 0x7095);
        cluster.forgetful = forgetful;
    }

    public KvClient client() {
        return KvClient.builder().endpoints(List.of("127.0.0.1:1001")).build(net);
    }

    public long nowNs() {
        return net.nowMs * 1_000_000;
    }

    public void run(long ms) {
        net.runUntil(() -> false, ms);
    }

    public void trouble() {
        switch (dice.nextInt(20)) {
            case 0, 1 -> cluster.leaderId = 1 + dice.nextInt(3);
            case 2, 3 -> net.cut(net.node(cluster.leaderId));
            case 4 -> cluster.loseAnswers = true;
            case 5, 6, 7 -> cluster.loseAnswers = false;
            default -> {}
        }
    }
}
