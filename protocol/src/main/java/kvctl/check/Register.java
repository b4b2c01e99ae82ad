package kvctl.check;

import java.util.List;

/**
 * The model: one key with a value and a version. Each effective write gives it a greater version; a missing key
 * remembers
 * the version of its deletion.
 *
 * @param value null: there is no such key
 * @param version of the last effective write, or, if not {@code exact}, something below it
 * @param exact false after a write whose version nobody told
 */
record Register(String value, long version, boolean exact) {
    static final Register INITIAL = new Register(null, 0, true);

    /** The states after the operation, had it happened now; none: it can't have happened now. */
    List<Register> step(Operation op) {
        return switch (op.kind()) {
            case GET -> read(op);
            case PUT -> written(op.argument(), op);
            case APPEND -> written(value == null ? op.argument() : value + op.argument(), op);
            case DELETE -> delete(op);
            case CAS -> op.done() ? cas(op) : unknownCas(op);
        };
    }

    private List<Register> read(Operation op) {
        if (value == null || op.value() == null) {
            return value == null && op.value() == null && op.version() <= 0 ? List.of(this) : List.of();
        }
        return value.equals(op.value()) ? at(op.version()) : List.of();
    }

    private List<Register> delete(Operation op) {
        if (!op.done()) {
            return value == null ? List.of(this) : written(null, op);
        }
        if (op.effective()) {
            return value == null ? List.of() : written(null, op);
        }
        return value == null && op.version() <= 0 ? List.of(this) : List.of();
    }

    private List<Register> cas(Operation op) {
        if (op.effective()) {
            return expected(op).isEmpty() ? List.of() : expected(op).get(0).written(op.argument(), op);
        }
        if (op.version() == 0) {
            return value == null && op.expectedVersion() != 0 ? List.of(this) : List.of();
        }
        if (op.version() == Operation.NOT_TOLD) {
            return surelyExpected(op) ? List.of() : List.of(this);
        }
        return value == null || op.version() == op.expectedVersion() ? List.of() : at(op.version());
    }

    private List<Register> unknownCas(Operation op) {
        List<Register> matching = expected(op);
        if (matching.isEmpty()) {
            return List.of(this);
        }
        List<Register> done = matching.get(0).written(op.argument(), op);
        return surelyExpected(op) ? done : List.of(done.get(0), this);
    }

    /** This, if a cas finds what it expects. */
    private List<Register> expected(Operation op) {
        if (op.expectedVersion() == 0 || value == null) {
            return op.expectedVersion() == 0 && value == null ? List.of(this) : List.of();
        }
        return at(op.expectedVersion());
    }

    private boolean surelyExpected(Operation op) {
        return !expected(op).isEmpty() && (value == null || exact);
    }

    /** This, if its version can be the one that was told. */
    private List<Register> at(long told) {
        if (told == Operation.NOT_TOLD) {
            return List.of(this);
        }
        if (exact) {
            return told == version ? List.of(this) : List.of();
        }
        return told > version ? List.of(new Register(value, told, true)) : List.of();
    }

    private List<Register> written(String newValue, Operation op) {
        long atLeast = exact ? version : version + 1;
        if (!op.done() || op.version() == Operation.NOT_TOLD) {
            return List.of(new Register(newValue, atLeast, false));
        }
        return op.version() > atLeast ? List.of(new Register(newValue, op.version(), true)) : List.of();
    }
}
