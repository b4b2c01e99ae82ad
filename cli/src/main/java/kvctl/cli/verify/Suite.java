package kvctl.cli.verify;

import java.util.Locale;

/** The course's suites, in the order of its labs. */
enum Suite {
    /** One group's log. */
    RAFT,
    /** A state machine on a log. */
    RSM,
    /** Versioned puts. */
    KVSRV,
    /** The store on one group. */
    KVRAFT,
    /** Configurations. */
    SHARDCTRLER,
    /** Groups and shards that move. */
    SHARDKV,
    /** A lock on top of the store. */
    LOCK;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
