package kvctl.node;

import java.util.List;
import java.util.stream.Collectors;

/** A topology that can't be used; says everything that is wrong with it at once. */
public final class TopologyException extends RuntimeException {
    private final List<Problem> problems;

    /**
     * One thing that is wrong.
     *
     * @param file name of the file; empty if the problem is not one of a place in a file
     * @param line from 1; 0 if the problem has no place
     * @param column from 1
     * @param message one line
     * @param sourceLine the line as it stands in the file
     */
    public record Problem(String file, int line, int column, String message, String sourceLine) {
        /** File, place and message in one line, without the source. */
        public String headline() {
            return line == 0 ? message : file + ":" + line + ":" + column + ": " + message;
        }

        /** The headline; below it the source line and a caret under the column, where there is one. */
        @Override
        public String toString() {
            if (line == 0 || sourceLine.isBlank()) {
                return headline();
            }
            StringBuilder caret = new StringBuilder();
            for (int i = 0; i < Math.min(column - 1, sourceLine.length()); i++) {
                caret.append(sourceLine.charAt(i) == '\t' ? '\t' : ' ');
            }
            return headline() + "\n  " + sourceLine + "\n  " + caret + "^";
        }
    }

    TopologyException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    static TopologyException of(String message) {
        return new TopologyException(List.of(new Problem("", 0, 0, message, "")));
    }

    /** In the order of the file; never empty. */
    public List<Problem> problems() {
        return problems;
    }
}
