package kvctl.cli.verify;

import java.util.List;
import kvctl.cli.CliException;
import kvctl.cli.ExitCode;
import kvctl.cli.Session;
import kvctl.cli.Stop;
import kvctl.client.KvException;

/** Does cases one after the other. Whatever ends one, a closed output or a bug too, the cluster is set right behind it. */
final class CatalogueRun {
    private final Session session;
    private final Lab lab;
    private final Journal journal;
    private final VerifyReport report;
    private final Stop stop;
    private final Tidy tidy;
    private boolean violated;
    private boolean hurried;
    private RuntimeException untidy;

    /** @throws Failed if the cluster can't be used */
    CatalogueRun(Session session, Lab lab, Journal journal, VerifyReport report, Stop stop) {
        this.session = session;
        this.lab = lab;
        this.journal = journal;
        this.report = report;
        this.stop = stop;
        this.tidy = new Tidy(lab);
    }

    /** Does them, until the user wants an end or the cluster can't be set right. */
    void run(List<Scenario> chosen, Needs.Stage stage) {
        String[] left = {null};
        try {
            for (Scenario scenario : chosen) {
                if (stop.isAsked() || hurried || untidy != null) {
                    break;
                }
                String missing = scenario.isReal() ? scenario.needs().missing(stage) : "simulated";
                if (missing == null) {
                    done(scenario);
                } else {
                    report.end(new Outcome(scenario, Outcome.Kind.SKIP, 0, new Figures(), List.of(), null, missing));
                }
            }
        } finally {
            tidyUp(() -> left[0] = tidy.afterAll());
        }
        if (left[0] != null) {
            report.say(left[0]);
        }
    }

    private void done(Scenario scenario) {
        try {
            report.begin(scenario);
            lab.begin(scenario);
            Outcome outcome = outcome(scenario);
            violated |= outcome.failure() != null && outcome.failure().violated();
            report.end(outcome);
            if (stop.isAsked()) {
                session.note("Interrupted: what it broke is set right first. Once more, and it stays broken.");
            }
        } finally {
            tidyUp(tidy::afterCase);
        }
    }

    private Outcome outcome(Scenario scenario) {
        Failed failure = null;
        String reason = null;
        try {
            scenario.body().run(lab);
        } catch (Failed e) {
            failure = e;
        } catch (Skipped e) {
            reason = e.getMessage();
        } catch (KvException e) {
            failure = new Failed("an answer", e.getMessage(), "kvctl status", false);
        }
        Outcome.Kind kind =
                failure != null ? Outcome.Kind.FAIL : reason != null ? Outcome.Kind.SKIP : Outcome.Kind.PASS;
        return new Outcome(scenario, kind, journal.elapsedMs(), journal.figures(), journal.steps(), failure, reason);
    }

    /** Keeps what it fails with: what ended the case matters more, and the sum is told all the same. */
    private void tidyUp(Runnable tidying) {
        if (hurried) {
            return;
        }
        try {
            tidying.run();
        } catch (Skipped e) {
            hurried = true;
        } catch (RuntimeException e) {
            untidy = untidy == null ? e : untidy;
        }
    }

    /** How the command ends. @throws CliException if the cluster was not set right */
    int code() {
        if (hurried || untidy != null) {
            throw new CliException(
                    violated ? ExitCode.VIOLATED : hurried ? ExitCode.INTERRUPTED : ExitCode.EXPECTATION,
                    hurried
                            ? "Interrupted while the cluster was set right: it may be broken still."
                            : "The cluster could not be set right again: " + untidy.getMessage() + ".",
                    "kvctl heal; kvctl start all; kvctl query; kvctl delete " + Tidy.MARK,
                    untidy);
        } else if (violated) {
            return ExitCode.VIOLATED.code();
        } else if (report.count(Outcome.Kind.FAIL) > 0) {
            return ExitCode.EXPECTATION.code();
        } else if (stop.isAsked()) {
            return stop.code();
        }
        return report.count(Outcome.Kind.PASS) == 0 ? ExitCode.UNDECIDED.code() : ExitCode.OK.code();
    }
}
