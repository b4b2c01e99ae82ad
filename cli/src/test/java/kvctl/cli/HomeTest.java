package kvctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HomeTest {
    @Test
    void stateIsWhereTheUserHasIt() {
        assertThat(Home.of(Map.of("KVCTL_HOME", "/k", "XDG_STATE_HOME", "/x", "HOME", "/h")))
                .isEqualTo(Path.of("/k"));
        assertThat(Home.of(Map.of("XDG_STATE_HOME", "/x", "HOME", "/h"))).isEqualTo(Path.of("/x/kvctl"));
        assertThat(Home.of(Map.of("HOME", "/h"))).isEqualTo(Path.of("/h/.local/state/kvctl"));
        assertThat(Home.of(Map.of())).isEqualTo(Path.of(System.getProperty("user.home"), ".local/state/kvctl"));
    }
}
