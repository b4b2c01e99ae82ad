package kvctl.raft;

/** Checks that stay on in production; a broken one stops the node (HAZARDS R18). */
public final class Invariant {
    private Invariant() {}

    /** @throws IllegalStateException if {@code condition} is false */
    public static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException("invariant broken: " + message);
        }
    }

    /** As {@link #check(boolean, String)}, with two numbers that are only formatted when it fails. */
    public static void check(boolean condition, String message, long a, long b) {
        if (!condition) {
            throw new IllegalStateException("invariant broken: " + message + " (" + a + ", " + b + ")");
        }
    }
}
