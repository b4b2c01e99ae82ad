package kvctl.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the forms of extensible data notation that histories are made of: nil, booleans, numbers, strings, keywords,
 * symbols, vectors, lists, sets and maps. Tags are passed over, and their form is taken as it is. Strings are String,
 * integers Long, collections List and Map; the rest is a {@link Word}.
 */
final class Edn {
    private static final int DEPTH_MAX = 32;
    private static final String ENDS = ",;\"()[]{}";

    /** A keyword (with its colon), a symbol, or a number that is no integer. */
    record Word(String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    private final Text text;
    private int depth;

    Edn(Text text) {
        this.text = text;
    }

    /** Goes to the next form; the character with which it begins. */
    int skip() throws IOException {
        while (true) {
            int c = text.peek();
            if (c == ';') {
                while (text.peek() != '\n' && text.peek() != Text.END) {
                    text.next();
                }
            } else if (c == '#' && text.peek(1) == '_') {
                text.next();
                text.next();
                form();
            } else if (c == ',' || c != Text.END && Character.isWhitespace(c)) {
                text.next();
            } else {
                return c;
            }
        }
    }

    Object form() throws IOException {
        int c = skip();
        if (++depth > DEPTH_MAX) {
            throw text.error("forms in forms, more than " + DEPTH_MAX + " deep");
        }
        Object form = switch (c) {
            case Text.END -> throw text.error("the text ends within a form");
            case '"' -> text.quoted();
            case '[' -> list(']');
            case '(' -> list(')');
            case '{' -> map();
            case '#' -> tagged();
            case ']', ')', '}' -> throw text.error("'" + (char) c + "' closes nothing");
            default -> word();
        };
        depth--;
        return form;
    }

    private List<Object> list(char close) throws IOException {
        int line = text.line();
        int column = text.column();
        text.next();
        List<Object> items = new ArrayList<>();
        for (int c = skip(); c != close; c = skip()) {
            if (c == Text.END) {
                throw new HistoryFormatException(line, column, "this is never closed by '" + close + "'");
            }
            items.add(form());
        }
        text.next();
        return items;
    }

    private Map<Object, Object> map() throws IOException {
        int line = text.line();
        int column = text.column();
        List<Object> items = list('}');
        if (items.size() % 2 != 0) {
            throw new HistoryFormatException(line, column, "the last key of the map has no value");
        }
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < items.size(); i += 2) {
            map.put(items.get(i), items.get(i + 1));
        }
        return map;
    }

    private Object tagged() throws IOException {
        text.next();
        if (text.peek() == '{') {
            return list('}');
        }
        text.name(ENDS);
        return form();
    }

    private Object word() throws IOException {
        int line = text.line();
        int column = text.column();
        String name = text.name(ENDS);
        char first = name.charAt(0);
        boolean signed = name.length() > 1 && (first == '-' || first == '+');
        if (Character.isDigit(signed ? name.charAt(1) : first)) {
            String digits = name.endsWith("N") ? name.substring(0, name.length() - 1) : name;
            if (digits.chars().skip(signed ? 1 : 0).allMatch(Character::isDigit)) {
                try {
                    return Long.valueOf(digits);
                } catch (NumberFormatException e) {
                    throw new HistoryFormatException(line, column, digits + " is too large");
                }
            }
        }
        return switch (name) {
            case "nil" -> null;
            case "true" -> true;
            case "false" -> false;
            default -> new Word(name);
        };
    }
}
