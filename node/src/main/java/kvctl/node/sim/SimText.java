package kvctl.node.sim;

import java.nio.charset.StandardCharsets;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/** Requests and responses as people read them in a trace. */
final class SimText {
    private static final int LONGEST = 200;
    private static final int VALUE_LONGEST = 24;

    private SimText() {}

    static String of(Request request) {
        if (request instanceof Request.Get get) {
            return "get " + text(get.key());
        } else if (request instanceof Request.Put put) {
            return "put " + text(put.key()) + " " + quoted(put.value());
        } else if (request instanceof Request.Append append) {
            return "append " + text(append.key()) + " " + quoted(append.value());
        } else if (request instanceof Request.Delete delete) {
            return "delete " + text(delete.key());
        } else if (request instanceof Request.Cas cas) {
            return "cas " + text(cas.key()) + " v" + cas.expectedVersion() + " " + quoted(cas.value());
        }
        return cut(request.toString());
    }

    static String of(Response response) {
        if (response instanceof Response.Value value) {
            return quoted(value.value()) + " v" + value.version();
        }
        return cut(response.toString());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String quoted(byte[] bytes) {
        String text = text(bytes);
        return '"' + (text.length() <= VALUE_LONGEST ? text : text.substring(0, VALUE_LONGEST) + "...") + '"';
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST);
    }
}
