package kvctl.protocol;

import java.util.List;

/**
 * A fault that is in force in a node.
 *
 * @param id chosen by who made it; one id may stand for rules in many nodes
 * @param description what was asked for, in the words of who asked; may be empty
 * @param seed of its dice
 * @param ageMs since this node was told
 * @param leftMs until it heals by itself; 0: it stays until it is healed
 * @param rules that this node has a part in
 */
public record FaultStatus(String id, String description, long seed, long ageMs, long leftMs, List<Rule> rules) {
    /**
     * @param hits messages, pieces of a stream or syncs of this node that the rule has met
     * @param lost of these, those that were lost because more was held back than there is room for
     */
    public record Rule(Fault fault, long hits, long lost) {}

    /** All hits of its rules in this node. */
    public long hits() {
        return rules.stream().mapToLong(Rule::hits).sum();
    }
}
