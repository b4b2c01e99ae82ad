package kvctl.node.fault;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import kvctl.protocol.Limits;
import kvctl.protocol.Response;

/** The newest probes that came from other nodes. Safe for use by many threads. */
public final class Probes {
    private record Arrival(int from, long number, long atMs) {}

    private final ArrayDeque<Arrival> arrivals = new ArrayDeque<>();

    public synchronized void arrived(int from, long number, long nowMs) {
        if (arrivals.size() == Limits.PROBES_MAX) {
            arrivals.poll();
        }
        arrivals.add(new Arrival(from, number, nowMs));
    }

    synchronized List<Response.Probe> list(long nowMs) {
        List<Response.Probe> list = new ArrayList<>();
        for (Arrival each : arrivals) {
            list.add(new Response.Probe(each.from, each.number, Math.max(0, nowMs - each.atMs)));
        }
        return list;
    }
}
