package kvctl.node.meta;

/**
 * How moves are cut into steps.
 *
 * @param shardsAtATime that one group takes from one other
 * @param pieceBytes of rows in one piece: small, because its entry holds up the turn of all groups of a node
 * @param freezeAtChanges the source freezes a shard when so few changes are left; what is left then is the pause that
 *     clients see
 * @param hopelessPieces if so many pieces bring no fewer changes, writes come as fast as they are copied: it is frozen all
 *     the same
 * @param hopelessChanges but not with more changes than this left
 */
public record Pace(int shardsAtATime, int pieceBytes, int freezeAtChanges, int hopelessPieces, int hopelessChanges) {
    public static final Pace DEFAULT = new Pace(2, 64 << 10, 64, 50, 2000);
}
