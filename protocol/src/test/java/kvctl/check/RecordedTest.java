package kvctl.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import kvctl.client.KvClient;
import kvctl.client.Result;
import kvctl.client.Toys;
import org.junit.jupiter.api.Test;

/** What real clients see of toy nodes in virtual time, given to the checker. */
class RecordedTest {
    @Test
    void whatClientsOfATrueClusterSeeIsLinearizable() {
        for (int seed = 0; seed < 40; seed++) {
            Verdict verdict = run(seed, new Toys(seed, false));
            assertThat(verdict.kind()).as("seed %d: %s", seed, verdict).isEqualTo(Verdict.Kind.OK);
        }
    }

    @Test
    void E1_aClusterThatForgetsItsSessionsIsFoundOut() {
        int violated = 0;
        for (int seed = 0; seed < 40; seed++) {
            violated += run(seed, new Toys(seed, true)).kind() == Verdict.Kind.VIOLATED ? 1 : 0;
        }
        assertThat(violated).isGreaterThan(20);
    }

    @Test
    void E11_whatIsStillUnderWayIsUnknownNotUnheardOf() {
        Toys toys = new Toys(1, false);
        Recorder recorder = new Recorder(toys::nowNs);
        byte[] key = {'k'};
        CompletableFuture<Result> put = recorder.put(toys.client(), 1, key, key);
        assertThat(recorder.history().operations())
                .containsExactly(Call.put(1, "k", "k", toys.nowNs()).unknown());
        toys.run(60_000);
        assertThat(put).isCompleted();
        assertThat(recorder.history().operations()).singleElement().satisfies(op -> {
            assertThat(op.done()).isTrue();
            assertThat(op.index()).isEqualTo(put.join().index());
            assertThat(op.groupId()).isEqualTo(put.join().groupId());
        });
    }

    private static Verdict run(long seed, Toys toys) {
        SplittableRandom dice = new SplittableRandom(seed);
        Recorder recorder = new Recorder(toys::nowNs);
        KvClient client = toys.client();
        int process = 0;
        CompletableFuture<Result> last = null;
        for (int i = 0; i < 300; i++) {
            byte[] key = {(byte) ('a' + dice.nextInt(3))};
            byte[] value = ("<" + i + ">").getBytes(java.nio.charset.StandardCharsets.UTF_8);
            last = switch (dice.nextInt(6)) {
                case 0 -> recorder.put(client, process++, key, value);
                case 1, 2 -> recorder.append(client, process++, key, value);
                case 3 ->
                    dice.nextInt(4) > 0
                            ? recorder.cas(client, process++, key, dice.nextInt(50), value)
                            : recorder.delete(client, process++, key);
                default -> recorder.get(client, process++, key);
            };
            toys.trouble();
            toys.run(dice.nextInt(40));
        }
        toys.run(60_000);
        assertThat(last).isDone();
        History history = recorder.history();
        assertThat(history.operations()).hasSize(300);
        return Linearizability.check(history);
    }
}
