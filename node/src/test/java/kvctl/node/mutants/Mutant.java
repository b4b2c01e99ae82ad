package kvctl.node.mutants;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A bug that is planted into one source file of the product.
 *
 * @param hazard id of HAZARDS that it is an example of
 * @param name what the product does wrong
 * @param file from the project's root
 * @param simulator that must find it
 * @param seeds it must be found by one of the seeds from 1 to this
 * @param check words of the kvctl command that must find it in real processes with one of a few seeds; none if that is not tried
 * @param edits what is replaced by what
 */
public record Mutant(
        String hazard, String name, String file, Simulator simulator, int seeds, List<String> check, List<Edit> edits) {
    private static final String LIST = "mutants.txt";

    /** Lines are compared without the blanks around them, so that formatting does not matter. */
    public record Edit(List<String> before, List<String> after) {}

    /** All that are planted, in the order of the list. */
    public static List<Mutant> all() throws IOException {
        try (InputStream in = Objects.requireNonNull(Mutant.class.getResourceAsStream(LIST), LIST)) {
            return read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Mutants are separated by empty lines; the head of the list says what is in each. */
    static List<Mutant> read(String text) {
        return Arrays.stream(text.split("\n\n+"))
                .map(block -> block.lines()
                        .filter(line -> !line.startsWith("#"))
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .toList())
                .filter(lines -> !lines.isEmpty())
                .map(Mutant::one)
                .toList();
    }

    private static Mutant one(List<String> lines) {
        if (lines.size() < 4) {
            throw new IllegalArgumentException("not a mutant: " + lines);
        }
        String[] title = lines.get(0).split(" ", 2);
        String[] finder = lines.get(2).split(" ");
        List<String> check = List.of();
        List<Edit> edits = new ArrayList<>();
        edits.add(new Edit(new ArrayList<>(), new ArrayList<>()));
        for (String line : lines.subList(3, lines.size())) {
            Edit edit = edits.get(edits.size() - 1);
            switch (line.charAt(0)) {
                case '$' -> check = List.of(line.substring(1).strip().split(" "));
                case '-' -> edit.before.add(line.substring(1).strip());
                case '+' -> edit.after.add(line.substring(1).strip());
                case '.' -> edits.add(new Edit(new ArrayList<>(), new ArrayList<>()));
                default -> throw new IllegalArgumentException("neither $ nor - nor + nor ...: " + line);
            }
        }
        Simulator simulator = Simulator.valueOf(finder[0].toUpperCase(Locale.ROOT));
        return new Mutant(title[0], title[1], lines.get(1), simulator, Integer.parseInt(finder[1]), check, edits);
    }

    /**
     * The source file with the bug in it.
     *
     * @throws IllegalStateException if the product has changed, so that there is not exactly one place for each edit
     */
    public String source(Path root) throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(root.resolve(file)));
        for (Edit edit : edits) {
            List<Integer> places = new ArrayList<>();
            for (int at = 0; at + edit.before.size() <= lines.size(); at++) {
                List<String> there = lines.subList(at, at + edit.before.size());
                if (there.stream().map(String::strip).toList().equals(edit.before)) {
                    places.add(at);
                }
            }
            if (edit.before.isEmpty() || places.size() != 1) {
                throw new IllegalStateException("%s is to be planted at one place of %s, not at %d: %s"
                        .formatted(this, file, places.size(), String.join(" ", edit.before)));
            }
            List<String> place = lines.subList(places.get(0), places.get(0) + edit.before.size());
            place.clear();
            place.addAll(edit.after);
        }
        return String.join("\n", lines);
    }

    @Override
    public String toString() {
        return hazard + ", " + name;
    }
}
