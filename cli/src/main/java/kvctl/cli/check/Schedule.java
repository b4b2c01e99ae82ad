package kvctl.cli.check;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import kvctl.cli.CliException;

/**
 * What a nemesis will do, drawn from a seed before anything happens: episodes of one fault each, with a time of rest after
 * each one, in which the cluster must recover. Immutable.
 *
 * @param episodes in the order of time
 */
record Schedule(List<Episode> episodes) {
    /** Most of an episode's time that its fault lasts; the rest is for recovering. */
    private static final double LONGEST = 0.6;

    private static final double SHORTEST = 0.25;

    /** What can be done. */
    enum Kind {
        KILL,
        PAUSE,
        PARTITION,
        ISOLATE,
        ONE_WAY,
        DELAY,
        DROP,
        DUPLICATE,
        REORDER,
        CLOG,
        DISK,
        CLOCK,
        MOVE;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        private boolean isMeant(String word) {
            return switch (word) {
                case "all" -> true;
                case "cut" -> this == PARTITION || this == ISOLATE || this == ONE_WAY;
                default -> word().equals(word);
            };
        }
    }

    /**
     * One fault.
     *
     * @param atMs when it begins, from the start of the schedule
     * @param command that makes it
     * @param healAtMs when it is healed
     * @param heal command that does; null if it ends by itself
     */
    record Episode(Kind kind, long atMs, String command, long healAtMs, String heal) {}

    /**
     * What the cluster offers.
     *
     * @param nodes names
     * @param groups names of the groups that own shards
     */
    record Stage(List<String> nodes, List<String> groups, int shards) {}

    /**
     * Reads {@code kill,pause,one-way}; {@code all} is every kind, {@code cut} those that cut links.
     *
     * @throws CliException if a word is no kind
     */
    static List<Kind> kinds(String words) {
        List<Kind> kinds = new ArrayList<>();
        for (String word : words.split(",")) {
            List<Kind> found = List.of(Kind.values()).stream()
                    .filter(kind -> kind.isMeant(word.trim()))
                    .toList();
            if (found.isEmpty()) {
                String known = List.of(Kind.values()).stream().map(Kind::word).collect(Collectors.joining(", "));
                throw CliException.usage(
                        "There is no fault '" + word.trim() + "'.",
                        "faults: " + known + "; cut: those of links; or all");
            }
            kinds.addAll(found);
        }
        return kinds.stream().distinct().toList();
    }

    /**
     * Draws a schedule.
     *
     * @param forMs how long it may take
     * @param everyMs from the beginning of one fault to that of the next
     * @param keepQuorum each group is left a majority of nodes that reach each other
     */
    static Schedule draw(long seed, List<Kind> kinds, Stage stage, long forMs, long everyMs, boolean keepQuorum) {
        RandomGenerator random = new SplittableRandom(seed);
        List<Episode> episodes = new ArrayList<>();
        List<Kind> deck = new ArrayList<>();
        for (long begin = 0; begin + everyMs <= forMs; begin += everyMs) {
            if (deck.isEmpty()) { // Each kind as often as any other.
                deck.addAll(kinds);
                Collections.shuffle(deck, new Random(random.nextLong()));
            }
            Kind kind = deck.remove(deck.size() - 1);
            long at = begin + (long) (everyMs * 0.1 * random.nextDouble());
            long lasts = (long) (everyMs * (SHORTEST + (LONGEST - SHORTEST) * random.nextDouble()));
            String command = command(kind, stage, keepQuorum, random);
            episodes.add(new Episode(kind, at, command, at + lasts, heal(command)));
        }
        return new Schedule(episodes);
    }

    /** The command that heals what a command has made; null if that ends by itself. */
    static String heal(String command) {
        return switch (command.split(" ", 2)[0]) {
            case "kill" -> "start all --wait 0";
            case "pause" -> "resume all";
            case "move" -> null;
            default -> "heal";
        };
    }

    private static String command(Kind kind, Stage stage, boolean keepQuorum, RandomGenerator random) {
        String node = victim(stage, random);
        return switch (kind) {
            case KILL -> "kill " + (!keepQuorum && random.nextInt(4) == 0 ? "all" : node);
            case PAUSE -> "pause " + (!keepQuorum && random.nextInt(4) == 0 ? "all" : node);
            case PARTITION ->
                "partition " + (keepQuorum ? one(stage, random) : "halves --seed " + random.nextInt(1000));
            case ISOLATE -> "isolate " + node;
            case ONE_WAY -> random.nextBoolean() ? "cut " + node + ">all" : "cut all>" + node;
            case DELAY -> "delay all " + (5 + random.nextInt(60)) + "ms --jitter 5ms --seed " + random.nextInt(1000);
            case DROP -> "drop all " + (2 + random.nextInt(19)) + "% --seed " + random.nextInt(1000);
            case DUPLICATE -> "duplicate all " + (5 + random.nextInt(46)) + "% --seed " + random.nextInt(1000);
            case REORDER -> "reorder all " + (5 + random.nextInt(26)) + "% --seed " + random.nextInt(1000);
            case CLOG -> "clog " + node + ">all";
            case DISK -> "disk " + node + " slow " + (5 + random.nextInt(96)) + "ms";
            case CLOCK -> "clock " + node + " " + clock(random);
            case MOVE -> "move " + random.nextInt(stage.shards()) + " " + one(stage.groups(), random);
        };
    }

    private static String clock(RandomGenerator random) {
        return switch (random.nextInt(3)) {
            case 0 -> "+" + (1 + random.nextInt(3600)) + "s";
            case 1 -> "back " + (1 + random.nextInt(3600)) + "s";
            default -> "rate " + (random.nextBoolean() ? "0.5" : "2");
        };
    }

    /** A node by name, or whoever leads a group then. */
    private static String victim(Stage stage, RandomGenerator random) {
        return random.nextBoolean() && !stage.groups().isEmpty()
                ? "leader(" + one(stage.groups(), random) + ")"
                : one(stage, random);
    }

    private static String one(Stage stage, RandomGenerator random) {
        return one(stage.nodes(), random);
    }

    private static String one(List<String> words, RandomGenerator random) {
        return words.get(random.nextInt(words.size()));
    }

    /** The script that does it: commands, and pauses between them. */
    List<String> script() {
        List<String> lines = new ArrayList<>();
        long nowMs = 0;
        for (Episode episode : episodes) {
            lines.add("sleep " + (episode.atMs() - nowMs) + "ms");
            lines.add(episode.command());
            nowMs = episode.atMs();
            if (episode.heal() != null) {
                lines.add("sleep " + (episode.healAtMs() - nowMs) + "ms");
                lines.add(episode.heal());
                nowMs = episode.healAtMs();
            }
        }
        return lines;
    }
}
