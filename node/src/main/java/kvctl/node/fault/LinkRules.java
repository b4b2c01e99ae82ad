package kvctl.node.fault;

import java.util.List;
import java.util.SplittableRandom;
import kvctl.protocol.Fault;

/**
 * The rules in force on one directed link, for one kind of traffic. Immutable but for dice and hits; the dice belong to
 * the one thread that has that traffic, the rest is for any.
 */
public final class LinkRules {
    private final List<Rule> rules;
    private final Rule.Traffic traffic;
    private final boolean cut;
    private final boolean clogged;

    LinkRules(List<Rule> rules, Rule.Traffic traffic) {
        this.rules = List.copyOf(rules);
        this.traffic = traffic;
        this.cut = rules.stream().anyMatch(rule -> rule.fault() instanceof Fault.Cut);
        this.clogged = rules.stream().anyMatch(rule -> rule.fault() instanceof Fault.Clog);
    }

    public boolean cut() {
        return cut;
    }

    boolean clogged() {
        return clogged;
    }

    /** Something met the cut. */
    public void hitCut() {
        hit(Fault.Cut.class);
    }

    /** Something found no room among what is held back, and is lost. */
    void hitFull() {
        rules.stream().filter(rule -> holds(rule.fault())).findFirst().ifPresent(Rule::hitAndLose);
    }

    private static boolean holds(Fault fault) {
        return fault instanceof Fault.Clog || fault instanceof Fault.Delay || fault instanceof Fault.Reorder;
    }

    void hitClog() {
        hit(Fault.Clog.class);
    }

    private void hit(Class<? extends Fault> kind) {
        for (Rule rule : rules) {
            if (kind.isInstance(rule.fault())) {
                rule.hit();
            }
        }
    }

    /** Rolls for one thing: is it lost? */
    boolean loses() {
        for (Rule rule : rules) {
            if (rule.fault() instanceof Fault.Drop drop && met(rule, drop.chance())) {
                return true;
            }
        }
        return false;
    }

    /** Rolls: how many more times does it come? */
    int duplicates() {
        int more = 0;
        for (Rule rule : rules) {
            if (rule.fault() instanceof Fault.Duplicate duplicate && met(rule, duplicate.chance())) {
                more++;
            }
        }
        return more;
    }

    /** Rolls: how late is it? */
    long delayMs() {
        long sum = 0;
        for (Rule rule : rules) {
            if (rule.fault() instanceof Fault.Delay delay) {
                rule.hit();
                int jitter = delay.jitterMs();
                sum += delay.delayMs() + (jitter == 0 ? 0 : dice(rule).nextInt(-jitter, jitter + 1));
            }
        }
        return sum;
    }

    /** Rolls: for how long may others overtake it? 0: not at all. */
    long heldBackMs() {
        long sum = 0;
        for (Rule rule : rules) {
            if (rule.fault() instanceof Fault.Reorder reorder && met(rule, reorder.chance())) {
                sum += 1 + dice(rule).nextInt(reorder.withinMs());
            }
        }
        return sum;
    }

    private boolean met(Rule rule, int chance) {
        boolean met = dice(rule).nextInt(Fault.CERTAIN) < chance;
        if (met) {
            rule.hit();
        }
        return met;
    }

    private SplittableRandom dice(Rule rule) {
        return rule.dice(traffic);
    }
}
