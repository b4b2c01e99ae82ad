package kvctl.node.sim;

/**
 * The size of a simulated cluster at its beginning, as far as somebody asks for it; what is 0 is drawn by the seed.
 *
 * @param nodes {@value #NODES_MIN} to {@value #NODES_MAX}
 * @param groups {@value #GROUPS_MIN} to {@value #GROUPS_MAX}; later groups join and leave
 */
public record Shape(int nodes, int groups) {
    /** Each group has three replicas. */
    public static final int NODES_MIN = 3;

    public static final int NODES_MAX = 9;
    public static final int GROUPS_MIN = 1;
    public static final int GROUPS_MAX = 8;

    /** All is drawn. */
    public static final Shape DRAWN = new Shape(0, 0);

    /** The options of {@code kvctl simulate} that ask for it, each with a blank behind it. */
    public String options() {
        return (nodes == 0 ? "" : "--nodes " + nodes + " ") + (groups == 0 ? "" : "--groups " + groups + " ");
    }
}
