package kvctl.check;

import java.util.List;

/**
 * The model: one key with a value and a version. Each effective write gives it a greater version; a missing key
 * remembers the version of its deletion.
 *
 * @param known how much of the value is known
 * @param value null: there is no such key
 * @param version of the last effective write, or, if not {@code exact}, something below it
 * @param exact false after a write whose version nobody told
 */
record Register(Known known, String value, long version, boolean exact) {
    static final Register INITIAL = new Register(Known.ALL, null, 0, true);

    /** Any key: the beginning of a window of which nobody knows what was before. Its version may be 0. */
    static final Register ANYTHING = new Register(Known.NOTHING, null, -1, false);

    /** How much is known of a value. */
    enum Known {
        /** All of it. */
        ALL,
        /** That there is one, and how it ends. */
        END,
        /** Not even whether there is one. */
        NOTHING
    }

    /** The states after the operation, had it happened now; none: it can't have happened now. */
    List<Register> step(Operation op) {
        return switch (op.kind()) {
            case GET -> read(op);
            case PUT -> written(Known.ALL, op.argument(), op);
            case APPEND -> append(op);
            case DELETE -> delete(op);
            case CAS -> op.done() ? cas(op) : unknownCas(op);
        };
    }

    private List<Register> read(Operation op) {
        if (op.value() == null) {
            return op.version() <= 0 ? missing() : List.of();
        }
        return having(op.value(), op.version());
    }

    private List<Register> append(Operation op) {
        if (known == Known.NOTHING) {
            return written(Known.END, op.argument(), op);
        }
        return written(known, value == null ? op.argument() : value + op.argument(), op);
    }

    private List<Register> delete(Operation op) {
        if (!op.done()) {
            List<Register> nothingDone = missing();
            return nothingDone.isEmpty() ? written(Known.ALL, null, op) : nothingDone;
        }
        if (op.effective()) {
            return surelyMissing() ? List.of() : written(Known.ALL, null, op);
        }
        return op.version() <= 0 ? missing() : List.of();
    }

    private List<Register> cas(Operation op) {
        if (op.effective()) {
            return expected(op).isEmpty() ? List.of() : expected(op).get(0).written(Known.ALL, op.argument(), op);
        }
        if (op.version() == 0) {
            return op.expectsValue() || op.call().expectedVersion() != 0 ? missing() : List.of();
        }
        if (surelyExpected(op)
                || !op.expectsValue() && op.version() == op.call().expectedVersion()) {
            return List.of();
        }
        return op.version() == Operation.NOT_TOLD ? List.of(this) : existing(op.version());
    }

    private List<Register> unknownCas(Operation op) {
        List<Register> matching = expected(op); // If it did nothing, it need not stand in the order.
        return matching.isEmpty() ? List.of() : matching.get(0).written(Known.ALL, op.argument(), op);
    }

    /** This, if a cas finds what it expects. */
    private List<Register> expected(Operation op) {
        if (op.expectsValue()) {
            return having(op.call().expectedValue(), Operation.NOT_TOLD);
        }
        long version = op.call().expectedVersion();
        return version == 0 ? missing() : existing(version);
    }

    private boolean surelyExpected(Operation op) {
        return !expected(op).isEmpty() && known == Known.ALL && (op.expectsValue() || value == null || exact);
    }

    private boolean surelyMissing() {
        return known == Known.ALL && value == null;
    }

    /** This, if there can be no such key. */
    private List<Register> missing() {
        if (known == Known.NOTHING) {
            return List.of(new Register(Known.ALL, null, version, exact));
        }
        return surelyMissing() ? List.of(this) : List.of();
    }

    /** This, if the key can have this value and version. */
    private List<Register> having(String seen, long told) {
        return switch (known) {
            case ALL -> seen.equals(value) ? at(told) : List.of();
            case END -> seen.endsWith(value) ? new Register(Known.ALL, seen, version, exact).at(told) : List.of();
            case NOTHING -> new Register(Known.ALL, seen, version, exact).at(told);
        };
    }

    /** This, if there can be such a key, with this version. */
    private List<Register> existing(long told) {
        if (known == Known.NOTHING) {
            return new Register(Known.END, "", version, exact).at(told);
        }
        return value == null ? List.of() : at(told);
    }

    /** This, if its version can be the one that was told. */
    private List<Register> at(long told) {
        if (told == Operation.NOT_TOLD) {
            return List.of(this);
        }
        if (exact) {
            return told == version ? List.of(this) : List.of();
        }
        return told > version ? List.of(new Register(known, value, told, true)) : List.of();
    }

    private List<Register> written(Known newKnown, String newValue, Operation op) {
        long atLeast = exact ? version : version + 1;
        if (!op.done() || op.version() == Operation.NOT_TOLD) {
            return List.of(new Register(newKnown, newValue, atLeast, false));
        }
        return op.version() > atLeast ? List.of(new Register(newKnown, newValue, op.version(), true)) : List.of();
    }
}
