package kvctl.storage;

/**
 * Small facts kept outside the engine, which testify when the engine's content comes back older than it was (HAZARDS
 * D4): two slots for the promises and a mark.
 */
interface Witness extends AutoCloseable {
    /** Content of slot 0 or 1; null if never written or not readable. */
    byte[] slot(int slot);

    /** Replaces a slot, durable on return. A crash may leave this slot unreadable, never the other one. */
    void slot(int slot, byte[] content);

    /** Last one given to {@link #mark(Engine.Mark)}; may be an older one after a power cut, or none. */
    Engine.Mark mark();

    /** Notes what is durable; survives the process, not necessarily a power cut. */
    void mark(Engine.Mark durable);

    @Override
    void close();
}
