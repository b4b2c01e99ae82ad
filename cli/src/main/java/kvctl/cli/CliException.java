package kvctl.cli;

/** A command ended without success for a reason that the user can understand: one line, and what to do next. */
public final class CliException extends RuntimeException {
    private final ExitCode code;
    private final String hint;

    /**
     * @param message what happened and where: one line, ending with a full stop
     * @param hint what to do next, without "hint:"; null if there is nothing to advise
     */
    public CliException(ExitCode code, String message, String hint) {
        this(code, message, hint, null);
    }

    /** As above, with the cause that {@code --debug} shows. */
    public CliException(ExitCode code, String message, String hint, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.hint = hint;
    }

    public static CliException usage(String message, String hint) {
        return new CliException(ExitCode.USAGE, message, hint);
    }

    public ExitCode code() {
        return code;
    }

    /** Null if there is nothing to advise. */
    public String hint() {
        return hint;
    }
}
