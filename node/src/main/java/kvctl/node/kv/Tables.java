package kvctl.node.kv;

import kvctl.raft.StateMachine;

interface Tables {
    Table table(String name);

    long lastApplied();

    long lastAppliedTerm();

    void applied(long index, long term);

    StateMachine.Source openSnapshot();

    StateMachine.Sink receiveSnapshot(long lastIncludedIndex, long lastIncludedTerm);

    interface Table {
        byte[] get(byte[] key);

        void put(byte[] key, byte[] value);

        boolean delete(byte[] key);

        void scan(byte[] from, Visitor visitor);
    }

    interface Visitor {
        boolean row(byte[] key, byte[] value);
    }
}
