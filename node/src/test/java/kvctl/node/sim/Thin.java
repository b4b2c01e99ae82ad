package kvctl.node.sim;

public class Thin {
    public static void main(String[] args) {
        long first = Long.parseLong(args[0]);
        long n = Long.parseLong(args[1]);
        if (n == 0) {
            ClusterRun.Outcome o = ClusterRun.recorded(first, args.length > 2 ? Integer.parseInt(args[2]) : 20000);
            System.out.println(o.report());
            if (o.breach() != null) o.breach().printStackTrace(System.out);
            return;
        }
        long t = System.nanoTime();
        long sim = 0, conf = 0, moves = 0, done = 0, unk = 0, ev = 0, faults = 0;
        int bad = 0;
        for (long seed = first; seed < first + n; seed++) {
            ClusterRun.Outcome o;
            long t1 = System.nanoTime();
            try { o = ClusterRun.run(seed); } catch (RuntimeException e) { System.out.println("seed " + seed); e.printStackTrace(System.out); continue; }
            long ms = (System.nanoTime() - t1) / 1000000;
            if (ms > 1000) System.out.println("slow seed " + seed + " " + ms + " ms " + o.simulatedMs() + " " + o.events() + " " + o.done());
            sim += o.simulatedMs(); conf += o.configurations(); moves += o.moves(); done += o.done(); unk += o.unknown(); ev += o.events(); faults += o.faults();
            if (o.breach() != null) { bad++; System.out.println("seed " + seed + " " + o.breach().getMessage().substring(0, Math.min(1500, o.breach().getMessage().length()))); }
        }
        double real = (System.nanoTime() - t) / 1e6;
        System.out.printf("%d seeds %d bad, %.0f ms real, %.1f seeds/s, ratio %.0f, events %d conf %d moves %d done %d unknown %d faults %d%n", n, bad, real, n * 1000 / real, sim / real, ev, conf, moves, done, unk, faults);
    }
}
