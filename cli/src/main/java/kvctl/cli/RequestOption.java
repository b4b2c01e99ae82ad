package kvctl.cli;

import kvctl.client.RequestId;
import picocli.CommandLine.Option;

/** The option of all writes that says which one it is. */
final class RequestOption {
    @Option(
            names = "--request-id",
            paramLabel = "ID",
            description = "Repeat the write of this id, as an unknown outcome named it: it is applied at most once.")
    private String text;

    /** Null for a new request. */
    RequestId id() {
        return text == null ? null : RequestId.parse(text);
    }
}
