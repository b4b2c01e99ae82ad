package kvctl.cli;

/** The prompt, from what is known of the cluster; it never asks. */
final class ReplPrompt {
    private static final long STALE_MS = 3_000;

    private ReplPrompt() {}

    /** @param pattern see {@link ReplSettings#PROMPT} */
    static String text(ClusterPoll.Seen seen, String pattern) {
        ClusterView view = seen.view();
        String name = seen.name();
        if (name == null) {
            return "(not connected)> ";
        }
        if (view == null || view.up() == 0) {
            return name + " (not connected)> ";
        }
        int down = view.nodes().size() - view.up();
        int served = view.servedShards();
        int shards = view.map().shardGroups().length;
        int faults = view.faults().size();
        String problems = (served < shards ? " NO-QUORUM" : down > 0 ? " !" + down : "")
                + (faults > 0 ? " faults:" + faults : "");
        String text = pattern.replace("{cluster}", name)
                .replace("{up}", Integer.toString(view.up()))
                .replace("{nodes}", Integer.toString(view.nodes().size()))
                .replace("{served}", Integer.toString(served))
                .replace("{shards}", Integer.toString(shards))
                .replace("{problems}", problems);
        return (seen.ageMs() > STALE_MS ? "~" : "") + text;
    }

    /** The same with colours. */
    static String painted(ClusterPoll.Seen seen, String pattern) {
        String text = text(seen, pattern);
        text = text.replace("NO-QUORUM", Ink.RED.on("NO-QUORUM"))
                .replace("(not connected)", Ink.YELLOW.on("(not connected)"));
        int down = seen.view() == null
                ? 0
                : seen.view().nodes().size() - seen.view().up();
        if (down > 0) {
            text = text.replace(" !" + down, " " + Ink.YELLOW.on("!" + down));
        }
        String name = seen.name();
        return name != null && text.startsWith(name) ? Ink.BOLD.on(name) + text.substring(name.length()) : text;
    }
}
