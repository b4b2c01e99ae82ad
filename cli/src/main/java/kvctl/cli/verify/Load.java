package kvctl.cli.verify;

/** Clients that send requests, whichever, until they are told to stop; and what must be true of all that they saw. */
interface Load {
    /** May be called again after a stop. */
    void start();

    /** Sends nothing any more, and waits until all is answered. @throws Failed if something has no end */
    void stop();

    /** Requests so far that were answered. */
    long answered();

    /** @throws Failed if what clients saw breaks a promise */
    void check();
}
