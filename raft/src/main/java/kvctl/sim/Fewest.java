package kvctl.sim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Delta debugging: leaves out what is not needed for a failure, in ever smaller runs of neighbours and at last one by one.
 *
 * @param left what is still needed, in order
 * @param tries sets that were tried
 * @param isMinimal without any single one of {@code left} nothing fails; false if the tries came to their end before
 */
public record Fewest(List<Integer> left, int tries, boolean isMinimal) {
    /**
     * Tries.
     *
     * @param all a set that fails
     * @param fails the same answer for the same set
     * @param triesMax at least 1
     */
    public static Fewest of(List<Integer> all, Predicate<Set<Integer>> fails, int triesMax) {
        List<Integer> left = List.copyOf(all);
        Set<List<Integer>> passed = new HashSet<>();
        int tries = 0;
        int size = left.size();
        while (size > 0) {
            boolean fewerNow = false;
            int from = 0;
            while (from < left.size()) {
                List<Integer> fewer = new ArrayList<>(left.subList(0, from));
                fewer.addAll(left.subList(Math.min(from + size, left.size()), left.size()));
                if (passed.contains(fewer)) {
                    from += size;
                } else if (tries == triesMax) {
                    return new Fewest(left, tries, false);
                } else {
                    tries++;
                    if (fails.test(Set.copyOf(fewer))) {
                        left = fewer;
                        fewerNow = true;
                    } else {
                        passed.add(fewer);
                        from += size;
                    }
                }
            }
            size = size == 1 ? fewerNow ? 1 : 0 : Math.min(size, left.size()) / 2;
        }
        return new Fewest(left, tries, true);
    }
}
