package kvctl.cli.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kvctl.check.Call;
import kvctl.check.History;
import kvctl.check.Linearizability;
import kvctl.check.Operation;
import kvctl.check.Verdict;

/** A run to draw: eight clients for 20 s, faults, elections, moves, and if wanted a read by a leader that is none any more. */
record ReportSamples(Verdict verdict, History history, Timeline timeline) {
    private static final long MS = 1_000_000;
    private static final long START_NS = 7_000_000 * MS;
    private static final long END_NS = START_NS + 20_000 * MS;
    private static final String STALE_KEY = "account:7";

    /**
     * @param keys beside the one that is read stale
     * @param everyUs from one call of a client to its next, on average half of it
     */
    static ReportSamples run(boolean violated, int keys, int everyUs) {
        Run run = new Run(keys, everyUs);
        for (int process = 0; process < 8; process++) {
            run.client(process);
        }
        if (violated) {
            run.staleRead();
        }
        History history = new History(List.copyOf(run.operations));
        return new ReportSamples(Linearizability.check(history), history, events());
    }

    private static Timeline events() {
        List<Timeline.Trouble> faults = List.of(
                new Timeline.Trouble("kill n3", at(1_900), at(3_100)),
                new Timeline.Trouble("delay all 40ms --jitter 5ms", at(5_000), at(7_200)),
                new Timeline.Trouble("isolate n1   # leader(g1)", at(9_000), at(12_400)),
                new Timeline.Trouble("clock n1 rate 0.5", at(11_000), at(15_000)),
                new Timeline.Trouble("pause n2", at(16_000), at(17_500)));
        List<Timeline.Lead> leaders = List.of(
                new Timeline.Lead("meta", "n2", 2, at(0), at(16_050)),
                new Timeline.Lead("meta", null, 2, at(16_050), at(16_700)),
                new Timeline.Lead("meta", "n3", 3, at(16_700), at(20_000)),
                new Timeline.Lead("g1", "n1", 3, at(0), at(12_400)),
                new Timeline.Lead("g1", "n2", 4, at(9_800), at(16_100)),
                new Timeline.Lead("g1", "n3", 5, at(16_500), at(20_000)),
                new Timeline.Lead("g2", "n3", 2, at(0), at(1_900)),
                new Timeline.Lead("g2", null, 2, at(1_900), at(2_500)),
                new Timeline.Lead("g2", "n1", 4, at(2_500), at(9_300)),
                new Timeline.Lead("g2", "n2", 5, at(9_700), at(20_000)));
        List<Timeline.Owner> owners = new ArrayList<>();
        for (int shard = 0; shard < 16; shard++) {
            String group = shard % 2 == 0 ? "g1" : "g2";
            boolean moves = shard % 5 == 3;
            owners.add(new Timeline.Owner(shard, group, at(0), moves ? at(4_000 + shard * 300) : at(20_000)));
            if (moves) {
                String other = group.equals("g1") ? "g2" : "g1";
                owners.add(new Timeline.Owner(shard, other, at(4_180 + shard * 300), at(20_000)));
            }
        }
        return new Timeline(START_NS, END_NS, faults, leaders, owners);
    }

    private static long at(long ms) {
        return START_NS + ms * MS;
    }

    /** A register for each key, in the order of calls: each takes effect in the middle of its operation. */
    private static final class Run {
        private final SplittableRandom random = new SplittableRandom(4);
        private final List<Operation> operations = new ArrayList<>();
        private final List<String> keys;
        private final int everyUs;

        Run(int keys, int everyUs) {
            this.keys = IntStream.range(0, keys).mapToObj(i -> "user:" + i).toList();
            this.everyUs = everyUs;
        }

        /** Its keys are its own, so that any times will do. */
        void client(int process) {
            Map<String, String> values = new HashMap<>();
            Map<String, Long> versions = new HashMap<>();
            int number = process;
            long nowNs = START_NS + process * 100_000L;
            for (int i = 0; nowNs < END_NS - 100 * MS; i++) {
                int at = random.nextInt(Math.max(1, keys.size() / 8)) * 8 + process;
                if (at >= keys.size()) {
                    break;
                }
                String key = keys.get(at);
                long tookNs = (300 + random.nextInt(900)) * 1_000L + (slow(nowNs) ? 40 * MS : 0);
                long version = versions.getOrDefault(key, 0L);
                boolean lost = hard(nowNs) && random.nextInt(3) == 0;
                String value = "v" + process + "." + i;
                if (lost && random.nextBoolean()) {
                    operations.add(Call.put(number, key, value, nowNs).failed(nowNs + 500 * MS));
                    nowNs += 500 * MS;
                } else if (lost) {
                    operations.add(Call.put(number, key, value, nowNs).unknown());
                    number += 8;
                    nowNs += 200 * MS;
                } else if (random.nextBoolean()) {
                    values.put(key, value);
                    versions.put(key, version + 1);
                    operations.add(Call.put(number, key, value, nowNs).written(nowNs + tookNs, version + 1));
                } else {
                    Call call = Call.get(number, key, nowNs);
                    operations.add(
                            call.read(nowNs + tookNs, values.get(key), version).at(1, i + 1));
                }
                nowNs += tookNs + random.nextInt(everyUs) * 1_000L;
            }
        }

        private static boolean slow(long nowNs) {
            return nowNs > at(5_000) && nowNs < at(7_200);
        }

        private static boolean hard(long nowNs) {
            return nowNs > at(1_900) && nowNs < at(2_500) || nowNs > at(9_000) && nowNs < at(9_800);
        }

        /** The deposed leader of g1 answers with what the new one's clients have overwritten. */
        void staleRead() {
            long version = 0;
            for (long ms = 100; ms < 11_400; ms += 90) {
                version++;
                put(3, "balance=" + ms, at(ms), 4_000, version);
            }
            String before = "balance=" + version;
            put(3, before, at(11_400), 2_300, ++version);
            Call cas = Call.cas(5, STALE_KEY, version, "balance=900", at(11_401));
            operations.add(cas.written(at(11_405), ++version));
            operations.add(Call.get(2, STALE_KEY, at(11_404)).read(at(11_409), "balance=900", version));
            operations.add(Call.append(12, STALE_KEY, ";fee", at(11_403)).unknown());
            operations.add(Call.get(6, STALE_KEY, at(11_407)).read(at(11_411), before, version - 1));
            put(3, "balance=1", at(11_408), 5_000, ++version);
            operations.add(Call.get(5, STALE_KEY, at(11_415)).read(at(11_416), "balance=1", version));
        }

        private void put(int process, String value, long startNs, int tookUs, long version) {
            Call call = Call.put(process, STALE_KEY, value, startNs);
            operations.add(call.written(startNs + tookUs * 1_000L, version));
        }
    }
}
