package kvctl.protocol;

/** Bounds that hold on the wire, in the client and in the node (HAZARDS A1). All sizes are bytes. */
public final class Limits {
    /** Longest key; the shortest has one byte. */
    public static final int KEY_MAX_BYTES = 1024;

    /** Longest value, unless the topology sets a lower limit. */
    public static final int VALUE_MAX_BYTES = 4 << 20;

    /** Longest body of a frame until the hello is through, in both directions. */
    public static final int HELLO_FRAME_MAX_BYTES = 64 << 10;

    /** Longest body of a frame afterwards. */
    public static final int FRAME_MAX_BYTES = 16 << 20;

    /** Most shards of a cluster. */
    public static final int SHARDS_MAX = 4096;

    /** Most rows of one scan page. */
    public static final int PAGE_ROWS_MAX = 1000;

    /** A page ends with the row that passes this many bytes of keys and values. */
    public static final int PAGE_BYTES = 1 << 20;

    /** Most writes of one session that may wait for their answers at a time (HAZARDS E3). */
    public static final int SESSION_WINDOW = 1024;

    /** Most faults in force in one node. */
    public static final int FAULTS_MAX = 64;

    /** Most rules of all of them together. */
    public static final int FAULT_RULES_MAX = 1024;

    /** Longest id of a fault, in characters. */
    public static final int FAULT_ID_MAX = 64;

    /** Longest description of a fault, in characters. */
    public static final int FAULT_TEXT_MAX = 256;

    /** Most probes that a node keeps: the newest. */
    public static final int PROBES_MAX = 64;

    private Limits() {}
}
