package kvctl.cli;

import java.util.List;
import kvctl.protocol.ShardMap;

/**
 * All shards at one glance: a cell for each, with its group's sign and colour; {@code >} behind it: it is leaving. The sign
 * is the last letter of the group's name if that tells all groups apart, else its place among them.
 */
final class ShardDrawing {
    private static final String SIGNS = "123456789abcdefghijklmnopqrstuvwxyz";
    private static final Ink[] INKS = {Ink.GREEN, Ink.CYAN, Ink.YELLOW, Ink.MAGENTA, Ink.BLUE};
    private static final int PER_LINE = 32;

    private final Console console;
    private final ShardMap map;
    private final List<ShardMap.Group> groups;
    private final String signs;

    ShardDrawing(Console console, ShardMap map) {
        this.console = console;
        this.map = map;
        this.groups = map.dataGroups();
        this.signs = signs(groups);
    }

    static String signs(List<ShardMap.Group> groups) {
        StringBuilder last = new StringBuilder();
        for (ShardMap.Group group : groups) {
            char sign = group.name().charAt(group.name().length() - 1);
            if (!Character.isLetterOrDigit(sign) || last.indexOf("" + sign) >= 0) {
                return SIGNS;
            }
            last.append(sign);
        }
        return last.toString();
    }

    void draw() {
        int[] owners = map.shardGroups();
        for (int first = 0; first < owners.length; first += PER_LINE) {
            StringBuilder line = new StringBuilder(String.format("%4d  ", first));
            for (int shard = first; shard < Math.min(first + PER_LINE, owners.length); shard++) {
                boolean leaves = map.movingTo()[shard] != ShardMap.NO_GROUP;
                line.append(sign(owners[shard])).append(leaves ? '>' : ' ');
            }
            console.line(line.toString().stripTrailing());
        }
        StringBuilder legend = new StringBuilder("      ");
        for (ShardMap.Group group : groups) {
            legend.append(sign(group.groupId()))
                    .append(' ')
                    .append(group.name())
                    .append(" (")
                    .append(ShardRanges.count(owners, group.groupId()))
                    .append(")  ");
        }
        if (ShardRanges.count(owners, ShardMap.NO_GROUP) > 0) {
            legend.append(". nobody's  ");
        }
        if (map.moves() > 0) {
            legend.append("> on its way");
        }
        console.line(legend.toString().stripTrailing());
        console.line("");
    }

    private String sign(int groupId) {
        for (int i = 0; i < groups.size(); i++) {
            if (groups.get(i).groupId() == groupId) {
                char sign = i < signs.length() ? signs.charAt(i) : '*';
                return console.paint(INKS[i % INKS.length], "" + sign);
            }
        }
        return ".";
    }
}
