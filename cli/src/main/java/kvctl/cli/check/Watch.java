package kvctl.cli.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** Turns looks at the cluster, one after the other, into who led and who owned from when to when. One thread at a time. */
final class Watch {
    private final LongSupplier clockNs;
    private final Map<String, Timeline.Lead> leading = new LinkedHashMap<>();
    private final Map<Integer, Timeline.Owner> owning = new TreeMap<>();
    private final List<Timeline.Lead> leads = new ArrayList<>();
    private final List<Timeline.Owner> owners = new ArrayList<>();

    Watch(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    /** Takes one look down; null if nobody answered, which says nothing. */
    void saw(Subject.Look look) {
        if (look == null) {
            return;
        }
        long nowNs = clockNs.getAsLong();
        look.leaders().forEach((group, leader) -> {
            Timeline.Lead old = leading.get(group);
            if (old == null || !Objects.equals(old.node(), leader.node()) || old.term() != leader.term()) {
                if (old != null) {
                    leads.add(new Timeline.Lead(group, old.node(), old.term(), old.fromNs(), nowNs));
                }
                leading.put(group, new Timeline.Lead(group, leader.node(), leader.term(), nowNs, nowNs));
            }
        });
        for (int shard = 0; shard < look.owners().length; shard++) {
            String owner = look.owners()[shard];
            Timeline.Owner old = owning.get(shard);
            if (old == null || !Objects.equals(old.group(), owner)) {
                if (old != null) {
                    owners.add(new Timeline.Owner(shard, old.group(), old.fromNs(), nowNs));
                }
                owning.put(shard, new Timeline.Owner(shard, owner, nowNs, nowNs));
            }
        }
    }

    /** @param endNs of the load and of all looks; what was in force then may have gone on */
    Timeline end(long startNs, long endNs, List<Timeline.Trouble> faults) {
        List<Timeline.Lead> allLeads = new ArrayList<>(leads);
        leading.values()
                .forEach(lead ->
                        allLeads.add(new Timeline.Lead(lead.group(), lead.node(), lead.term(), lead.fromNs(), endNs)));
        List<Timeline.Owner> allOwners = new ArrayList<>(owners);
        owning.values()
                .forEach(owner ->
                        allOwners.add(new Timeline.Owner(owner.shard(), owner.group(), owner.fromNs(), endNs)));
        return new Timeline(startNs, endNs, faults, allLeads, allOwners);
    }
}
