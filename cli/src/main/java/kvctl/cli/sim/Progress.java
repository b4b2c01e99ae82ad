package kvctl.cli.sim;

import kvctl.cli.Session;

/** A line on standard error that tells people each second how far it is; a terminal shows the newest one only. */
final class Progress {
    private static final long TELL_NS = 1_000_000_000;

    private final Session session;
    private final boolean inPlace;
    private long toldNs = System.nanoTime();
    private boolean drawn;

    Progress(Session session) {
        this.session = session;
        this.inPlace = !"dumb".equals(session.console().env().get("TERM"));
    }

    void tell(String text) {
        long nowNs = System.nanoTime();
        if (nowNs - toldNs > TELL_NS && session.console().errIsTty()) {
            toldNs = nowNs;
            session.note((drawn ? "\u001b[1A\u001b[2K" : "") + text);
            drawn = inPlace;
        }
    }

    /** Something that stays. */
    void say(String text) {
        session.note(text);
        drawn = false;
    }
}
