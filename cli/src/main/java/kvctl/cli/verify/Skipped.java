package kvctl.cli.verify;

/** A case turned out not to be possible here, or was interrupted. The message says why. */
final class Skipped extends RuntimeException {
    Skipped(String reason) {
        super(reason);
    }
}
