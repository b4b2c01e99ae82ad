package kvctl.cli.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** What the case that runs has done, and when. */
final class Journal {
    private final Consumer<String> told;
    private List<String> steps = new ArrayList<>();
    private Figures figures = new Figures();
    private long startNs;

    /** @param told gets each step as it is done */
    Journal(Consumer<String> told) {
        this.told = told;
    }

    void begin() {
        steps = new ArrayList<>();
        figures = new Figures();
        startNs = System.nanoTime();
    }

    void say(String what) {
        String step = String.format(Locale.ROOT, "%6.1f s  %s", elapsedMs() / 1000.0, what);
        steps.add(step.strip());
        told.accept(step);
    }

    Figures figures() {
        return figures;
    }

    List<String> steps() {
        return List.copyOf(steps);
    }

    long elapsedMs() {
        return (System.nanoTime() - startNs) / 1_000_000;
    }
}
