package kvctl.storage;

import kvctl.raft.HardState;

/** What the storage knows of one group without asking the disk. */
final class Group {
    /** How the names of state machines' tables begin. */
    static final String TABLES = "table/";

    final int id;
    HardState hardState = HardState.INITIAL;
    GroupLog log;
    Tables tables;
    long lastApplied;
    long lastAppliedTerm;

    /** Which set of tables is the state; another one may be staged beside it. */
    long stateGeneration;

    /** Which log table is the log; a new one begins where the whole old log is dropped. */
    long logGeneration;

    /** False from the start until the log was read: what is on disk is not known before. */
    boolean restored = true;

    /** The group's row differs from the one on disk. */
    boolean dirty;

    Group(int id) {
        this.id = id;
    }

    String logTable() {
        return "log/" + id + "/" + logGeneration;
    }

    String tablePrefix(long generation) {
        return TABLES + id + "/" + generation + "/";
    }

    /** Generation in the name of a log or table, or -1 if the name is none. */
    static long generation(String table) {
        String[] parts = table.split("/", 4);
        return parts.length < 3 ? -1 : Long.parseLong(parts[2]);
    }

    /** True if the table belongs to this group as it is now. */
    static boolean live(String table, Group group) {
        return group != null
                && (table.equals(group.logTable()) || table.startsWith(group.tablePrefix(group.stateGeneration)));
    }

    static int groupId(String table) {
        return Integer.parseInt(table.split("/", 4)[1]);
    }
}
