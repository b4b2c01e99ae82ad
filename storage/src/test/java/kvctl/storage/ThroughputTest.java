package kvctl.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import kvctl.raft.Entry;
import kvctl.raft.Store.LogStart;
import kvctl.raft.Store.Save;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prints what the disk form reaches on this machine; a few seconds. The README quotes its figures. */
@Tag("slow")
class ThroughputTest {
    private static final long RUN_NS = 1_500_000_000L;

    @TempDir
    Path dir;

    @Test
    void entriesPerSecond() {
        for (int batch : new int[] {1, 64, 256}) {
            measure(batch, false);
            measure(batch, true);
        }
    }

    /** One turn: save a batch of 150-byte entries durably, then apply it to rows with 100-byte values. */
    private void measure(int batch, boolean withApply) {
        Path data = dir.resolve("data-" + batch + withApply);
        try (Storage storage = Storage.open(data, new Identity("c", "n", 1), StorageConfig.DEFAULT)) {
            SplittableRandom random = new SplittableRandom(1);
            Tables tables = storage.tables(1);
            Tables.Table rows = tables.table("rows");
            byte[] command = new byte[150];
            long index = 0;
            long cut = 0;
            long turns = 0;
            long start = System.nanoTime();
            while (System.nanoTime() - start < RUN_NS) {
                List<Entry> entries = new ArrayList<>(batch);
                for (int i = 0; i < batch; i++) {
                    entries.add(Entry.command(++index, 1, command));
                }
                LogStart newStart = null;
                if (withApply && index - cut > 20_000) {
                    cut = index - 10_000;
                    newStart = new LogStart(cut, 1);
                }
                storage.save(List.of(new Save(1, null, newStart, entries, null)));
                if (withApply) {
                    long last = index;
                    storage.apply(() -> {
                        for (int i = 0; i < batch; i++) {
                            byte[] key = ByteBuffer.allocate(16)
                                    .putInt(random.nextInt(100_000))
                                    .array();
                            rows.put(key, new byte[112]);
                        }
                        tables.applied(last, 1);
                    });
                }
                turns++;
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat(index).isPositive();
            System.out.printf(
                    "batch %d%s: %.0f entries/s, %.0f turns/s, %d MiB on disk%n",
                    batch, withApply ? " with apply" : "", index / seconds, turns / seconds, storage.sizeBytes() >> 20);
        }
    }
}
