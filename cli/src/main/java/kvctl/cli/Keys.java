package kvctl.cli;

import kvctl.protocol.Limits;

/** Keys as users type them. */
final class Keys {
    private Keys() {}

    /** The key's bytes. @throws CliException if no key may look like that */
    static byte[] of(String word) {
        byte[] key = Bytes.of(word);
        if (key.length == 0) {
            throw CliException.usage("A key cannot be empty.", null);
        }
        if (key.length > Limits.KEY_MAX_BYTES) {
            throw CliException.usage("Key has " + key.length + " bytes; limit is " + Limits.KEY_MAX_BYTES + ".", null);
        }
        return key;
    }

    /** A key for messages: quoted, safe on a terminal, not endless. */
    static String name(byte[] key) {
        String shown = Bytes.shown(key, false);
        return "'" + (shown.length() > 60 ? shown.substring(0, 57) + "..." : shown) + "'";
    }

    /** A key for a command that the user may copy. */
    static String word(byte[] key) {
        return Words.quoted(Bytes.text(key));
    }
}
