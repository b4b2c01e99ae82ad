package kvctl.protocol;

import java.util.ArrayList;
import java.util.List;

/** Faults in bytes: a kind, then the record's fields in their order. */
final class FaultCodec {
    private static final int CUT = 1;
    private static final int DELAY = 2;
    private static final int DROP = 3;
    private static final int DUPLICATE = 4;
    private static final int REORDER = 5;
    private static final int CLOG = 6;
    private static final int SLOW_DISK = 7;
    private static final int FULL_DISK = 8;
    private static final int FAILING_DISK = 9;
    private static final int CLOCK_JUMP = 10;
    private static final int CLOCK_RATE = 11;

    private FaultCodec() {}

    static void writeInject(BytesWriter out, Request.InjectFault inject) {
        out.string(inject.id());
        out.string(inject.description());
        out.varint(inject.rules().size());
        inject.rules().forEach(rule -> write(out, rule));
        out.varint(inject.forMs());
        out.u64(inject.seed());
    }

    static Request.InjectFault readInject(BytesReader in) throws ProtocolException {
        String id = in.string();
        String description = in.string();
        int count = count(in, 2, Limits.FAULT_RULES_MAX);
        List<Fault> rules = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rules.add(read(in));
        }
        return new Request.InjectFault(id, description, rules, in.varint(), in.u64());
    }

    static void writeReply(BytesWriter out, Response.FaultsReply reply) {
        out.varint(reply.faults().size());
        for (FaultStatus fault : reply.faults()) {
            out.string(fault.id());
            out.string(fault.description());
            out.u64(fault.seed());
            out.varint(fault.ageMs());
            out.varint(fault.leftMs());
            out.varint(fault.rules().size());
            for (FaultStatus.Rule rule : fault.rules()) {
                write(out, rule.fault());
                out.varint(rule.hits());
                out.varint(rule.lost());
            }
        }
    }

    static Response.FaultsReply readReply(BytesReader in) throws ProtocolException {
        int count = count(in, 13, Limits.FAULTS_MAX);
        List<FaultStatus> faults = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            faults.add(new FaultStatus(in.string(), in.string(), in.u64(), in.varint(), in.varint(), readRules(in)));
        }
        return new Response.FaultsReply(faults);
    }

    private static List<FaultStatus.Rule> readRules(BytesReader in) throws ProtocolException {
        int count = count(in, 4, Limits.FAULT_RULES_MAX);
        List<FaultStatus.Rule> rules = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rules.add(new FaultStatus.Rule(read(in), in.varint(), in.varint()));
        }
        return rules;
    }

    static void writeProbes(BytesWriter out, Response.ProbesReply reply) {
        out.varint(reply.probes().size());
        for (Response.Probe probe : reply.probes()) {
            out.varint(probe.fromNodeId());
            out.varint(probe.number());
            out.varint(probe.ageMs());
        }
    }

    static Response.ProbesReply readProbes(BytesReader in) throws ProtocolException {
        int count = count(in, 3, Limits.PROBES_MAX);
        List<Response.Probe> probes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            probes.add(new Response.Probe(in.varint(Integer.MAX_VALUE), in.varint(), in.varint()));
        }
        return new Response.ProbesReply(probes);
    }

    private static int count(BytesReader in, int itemMinBytes, int max) throws ProtocolException {
        int count = in.count(itemMinBytes);
        if (count > max) {
            throw new ProtocolException(count + " items announced; " + max + " is the limit");
        }
        return count;
    }

    private static void write(BytesWriter out, Fault fault) {
        if (fault instanceof Fault.Cut cut) {
            numbers(out, CUT, cut.from(), cut.to());
        } else if (fault instanceof Fault.Delay delay) {
            numbers(out, DELAY, delay.from(), delay.to(), delay.delayMs(), delay.jitterMs());
        } else if (fault instanceof Fault.Drop drop) {
            numbers(out, DROP, drop.from(), drop.to(), drop.chance());
        } else if (fault instanceof Fault.Duplicate duplicate) {
            numbers(out, DUPLICATE, duplicate.from(), duplicate.to(), duplicate.chance());
        } else if (fault instanceof Fault.Reorder reorder) {
            numbers(out, REORDER, reorder.from(), reorder.to(), reorder.chance(), reorder.withinMs());
        } else if (fault instanceof Fault.Clog clog) {
            numbers(out, CLOG, clog.from(), clog.to());
        } else if (fault instanceof Fault.SlowDisk slow) {
            numbers(out, SLOW_DISK, slow.node(), slow.syncMs());
        } else if (fault instanceof Fault.FullDisk full) {
            numbers(out, FULL_DISK, full.node());
        } else if (fault instanceof Fault.FailingDisk failing) {
            numbers(out, FAILING_DISK, failing.node());
        } else if (fault instanceof Fault.ClockJump jump) {
            numbers(out, CLOCK_JUMP, jump.node(), jump.offsetMs() + Fault.MS_MAX);
        } else if (fault instanceof Fault.ClockRate rate) {
            numbers(out, CLOCK_RATE, rate.node(), rate.permille());
        } else {
            throw new IllegalArgumentException("no codec for " + fault);
        }
    }

    private static void numbers(BytesWriter out, int kind, int... values) {
        out.u8(kind);
        for (int value : values) {
            out.varint(value);
        }
    }

    private static Fault read(BytesReader in) throws ProtocolException {
        int kind = in.u8();
        try {
            return switch (kind) {
                case CUT -> new Fault.Cut(number(in), number(in));
                case DELAY -> new Fault.Delay(number(in), number(in), number(in), number(in));
                case DROP -> new Fault.Drop(number(in), number(in), number(in));
                case DUPLICATE -> new Fault.Duplicate(number(in), number(in), number(in));
                case REORDER -> new Fault.Reorder(number(in), number(in), number(in), number(in));
                case CLOG -> new Fault.Clog(number(in), number(in));
                case SLOW_DISK -> new Fault.SlowDisk(number(in), number(in));
                case FULL_DISK -> new Fault.FullDisk(number(in));
                case FAILING_DISK -> new Fault.FailingDisk(number(in));
                case CLOCK_JUMP -> new Fault.ClockJump(number(in), in.varint(2 * Fault.MS_MAX) - Fault.MS_MAX);
                case CLOCK_RATE -> new Fault.ClockRate(number(in), number(in));
                default -> throw new ProtocolException("unknown kind of fault: " + kind);
            };
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(e.getMessage());
        }
    }

    private static int number(BytesReader in) throws ProtocolException {
        return in.varint(Integer.MAX_VALUE);
    }
}
