package kvctl.node;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads YAML into a tree that knows where everything stands. Scalars stay text: their place says what they mean. */
final class TopologyTree {
    private static final int MAX_DEPTH = 16;

    sealed interface Item {
        Place at();
    }

    /** Line and column, both from 1. */
    record Place(int line, int column) {}

    /** {@code text} is null for an empty value, {@code ~} or {@code null}. */
    record Scalar(Place at, String text) implements Item {}

    record Sequence(Place at, List<Item> items) implements Item {}

    record Mapping(Place at, List<Field> fields) implements Item {}

    record Field(Place at, String name, Item value) {}

    private final YAMLParser parser;
    private final Map<String, Item> anchors = new HashMap<>();

    private TopologyTree(YAMLParser parser) {
        this.parser = parser;
    }

    /**
     * @return the only document of the text; null if there is none
     * @throws IOException if it is no YAML; a {@link com.fasterxml.jackson.core.JsonProcessingException} knows where
     */
    static Item read(String yaml) throws IOException {
        try (YAMLParser parser = new YAMLFactory().createParser(yaml)) {
            TopologyTree tree = new TopologyTree(parser);
            Item root = parser.nextToken() == null ? null : tree.item(0);
            if (parser.nextToken() != null) {
                throw tree.wrong("a topology is one document, a second one begins here");
            }
            return root;
        }
    }

    private Item item(int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw wrong("nested too deeply");
        }
        String anchor = parser.getObjectId();
        Place at = place();
        JsonToken token = parser.currentToken();
        Item item;
        if (parser.isCurrentAlias()) {
            item = anchors.get(parser.getText());
            if (item == null) {
                throw wrong("there is no anchor '" + parser.getText() + "' above");
            }
            return item;
        } else if (token == JsonToken.START_OBJECT) {
            item = mapping(at, depth);
        } else if (token == JsonToken.START_ARRAY) {
            item = sequence(at, depth);
        } else {
            item = new Scalar(at, token == JsonToken.VALUE_NULL ? null : parser.getText());
        }
        if (anchor != null) {
            anchors.put(anchor, item);
        }
        return item;
    }

    private Mapping mapping(Place at, int depth) throws IOException {
        List<Field> fields = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Place fieldAt = place();
            String name = parser.currentName();
            parser.nextToken();
            fields.add(new Field(fieldAt, name, item(depth + 1)));
        }
        return new Mapping(at, fields);
    }

    private Sequence sequence(Place at, int depth) throws IOException {
        List<Item> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(item(depth + 1));
        }
        return new Sequence(at, items);
    }

    private Place place() {
        JsonLocation at = parser.currentTokenLocation();
        return new Place(at.getLineNr(), at.getColumnNr());
    }

    private IOException wrong(String message) {
        return new JsonParseException(parser, message, parser.currentTokenLocation());
    }
}
