package kvctl.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownPeersTest {
    @TempDir
    Path directory;

    @Test
    void D11_theFirstIncarnationOfAPeerIsTheOnlyOneAlsoAfterARestart() {
        Path file = directory.resolve("peers");
        KnownPeers known = new KnownPeers(file);
        assertThat(known.accepts(2, -5)).isTrue();
        assertThat(known.accepts(3, 7)).isTrue();
        assertThat(known.accepts(2, 6)).isFalse();
        KnownPeers restarted = new KnownPeers(file);
        assertThat(restarted.accepts(2, -5)).isTrue();
        assertThat(restarted.accepts(2, 6)).isFalse();
        assertThat(restarted.accepts(3, 8)).isFalse();
    }

    @Test
    void aDamagedFileIsNotGuessed() throws Exception {
        Path file = Files.writeString(directory.resolve("peers"), "2 x\n");
        assertThatThrownBy(() -> new KnownPeers(file))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("peers can't be read");
    }
}
