package kvctl.cli.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kvctl.cli.CliException;
import kvctl.cli.NodeSelector;
import kvctl.protocol.ShardMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LinksTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "n1>n2; n1>n2",
                "n1-n2; n1>n2 n2>n1",
                "n1>n2,n3; n1>n2 n1>n3",
                "n1,n2>n2,n1; n1>n2 n2>n1",
                "n1>all; n1>n2 n1>n3",
                "all; n1>n2 n1>n3 n2>n1 n2>n3 n3>n1 n3>n2",
                "n1>n2 n3>n1; n1>n2 n3>n1",
            })
    void linksAreDirectedAndNobodyHasOneToItself(String words, String expected) {
        assertThat(text(links("n1", "n2", "n3").of(List.of(words.split(" ")))))
                .containsExactlyInAnyOrder(expected.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "n1>n2; 'n1>n2'",
                "n1-n2; n1-n2",
                "n2>n1 n1>n2,n3; n2-n1 'n1>n3'",
                "n1,n2>n3; 'n1,n2>n3'",
                "n1-n2,n3; n1-n2,n3",
                "n1-all n2-n3; all",
            },
            quoteCharacter = '"')
    void linksAreShownInFewWordsThatMeanThem(String words, String shown) {
        Links links = links("n1", "n2", "n3");
        Set<Links.Link> meant = links.of(List.of(words.split(" ")));
        assertThat(links.text(meant)).isEqualTo(shown);
        assertThat(links.of(List.of(shown.replace("'", "").split(" ")))).isEqualTo(meant);
    }

    @Test
    void namesMayHaveHyphens() {
        assertThat(text(links("a-1", "a-2", "b").of(List.of("a-1-a-2")))).containsExactly("a-1>a-2", "a-2>a-1");
        Links hyphens = links("a-1", "a-2", "b");
        assertThat(hyphens.text(hyphens.of(List.of("a-1-b")))).isEqualTo("'a-1>b' 'b>a-1'");
        assertThatThrownBy(() -> links("a", "a-b", "b", "b-b").of(List.of("a-b-b")))
                .isInstanceOf(CliException.class)
                .hasMessage("'a-b-b' can be read in more than one way.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"n1", "n1-n9", "n1-", "-n1", "n1>", ">n2", "n1>n1", "n1>n9", ">", "-", ","})
    void whatIsNoLinkIsAUsageErrorThatShowsOne(String word) {
        assertThatThrownBy(() -> links("n1", "n2").of(List.of(word)))
                .isInstanceOfSatisfying(
                        CliException.class,
                        e -> assertThat(e.code().code()).as(e.getMessage()).isEqualTo(2));
    }

    @Test
    void aPartitionCutsAllThatIsBetweenItsSides() {
        Links links = links("n1", "n2", "n3", "n4");
        assertThat(text(links.apart(List.of(List.of("n1", "n2"), List.of("n3", "n4")), false)))
                .hasSize(8)
                .doesNotContain("n1>n2", "n4>n3")
                .contains("n1>n3", "n3>n1", "n4>n2");
        assertThat(text(links.apart(List.of(List.of("n1")), false)))
                .as("against the rest")
                .hasSize(6);
        assertThat(text(links.apart(List.of(List.of("n1"), List.of("n2")), false)))
                .as("the rest is a side, too")
                .hasSize(10)
                .doesNotContain("n3>n4");
        assertThat(text(links.apart(List.of(List.of("n1"), List.of("n2")), true)))
                .containsExactlyInAnyOrder("n1>n2", "n1>n3", "n1>n4");
        assertThatThrownBy(() -> links.apart(List.of(List.of("n1"), List.of("n2", "n1")), false))
                .hasMessage("A node is on two sides.");
        assertThatThrownBy(() -> links.apart(List.of(List.of("n1", "n2", "n3", "n4")), false))
                .hasMessage("All nodes are on one side.");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 6, 7, 9})
    void onARingEachNodeReachesAMajorityOfItsOwn(int count) {
        List<String> names =
                IntStream.rangeClosed(1, count).mapToObj(i -> "n" + i).toList();
        Set<Links.Link> cut = links(names.toArray(String[]::new)).ring(7);
        List<Set<String>> reached = names.stream()
                .map(from -> names.stream()
                        .filter(to -> !cut.contains(new Links.Link(from, to)))
                        .collect(Collectors.toSet()))
                .toList();
        assertThat(reached).allSatisfy(each -> assertThat(each).hasSizeGreaterThan(count / 2));
        assertThat(reached).doesNotHaveDuplicates();
        assertThat(cut).allSatisfy(link -> assertThat(cut).contains(new Links.Link(link.to(), link.from())));
    }

    @Test
    void aBridgeIsTheOnlyWayBetweenTwoHalves() {
        List<String> names = List.of("n1", "n2", "n3", "n4", "n5");
        Set<Links.Link> cut = links(names.toArray(String[]::new)).bridge(7);
        assertThat(cut).hasSize(8);
        assertThat(names.stream()
                        .filter(node -> cut.stream()
                                .noneMatch(link ->
                                        link.from().equals(node) || link.to().equals(node))))
                .hasSize(1);
    }

    @Test
    void theSameSeedDrawsTheSame() {
        Links links = links("n1", "n2", "n3", "n4", "n5");
        assertThat(links.halves(3)).isEqualTo(links.halves(3));
        assertThat(Stream.iterate(1L, seed -> seed + 1)
                        .limit(20)
                        .map(links::halves)
                        .distinct())
                .hasSizeGreaterThan(5);
        assertThat(links.halves(3).get(0)).hasSize(2);
        assertThat(links.halves(3).get(1)).hasSize(3);
    }

    private static List<String> text(Set<Links.Link> links) {
        return links.stream().map(link -> link.from() + ">" + link.to()).toList();
    }

    private static Links links(String... names) {
        List<String> all = List.of(names);
        NodeSelector.Nodes nodes = new NodeSelector.Nodes() {
            @Override
            public List<String> nodes() {
                return all;
            }

            @Override
            public ShardMap map() {
                throw new AssertionError("names alone ask nobody");
            }

            @Override
            public String leader(ShardMap.Group group) {
                throw new AssertionError("names alone ask nobody");
            }

            @Override
            public boolean answers(String node) {
                throw new AssertionError("names alone ask nobody");
            }
        };
        return new Links(all, new NodeSelector(nodes, new SplittableRandom(1)));
    }
}
