package kvctl.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.api.Test;

class ClientAloneTest {
    /** A one-shot command loads no Netty; here there is none to be loaded. */
    @Test
    void theClientWorksWithoutNetty() throws Exception {
        ToyCluster cluster = new ToyCluster(4, 1);
        URL[] path = {placeOf(KvClient.class), placeOf(Hashing.class)};
        try (ToyNode node = new ToyNode(cluster, 1, 0);
                URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
            cluster.ports.put(1, node.port());
            Class<?> type = loader.loadClass("kvctl.client.KvClient");
            Object client = type.getMethod("connect", String[].class)
                    .invoke(null, (Object) new String[] {"127.0.0.1:" + node.port()});
            type.getMethod("put", String.class, String.class).invoke(client, "a", "1");
            Method get = type.getMethod("get", String.class);
            assertThat(get.invoke(client, "a")).isEqualTo("1");
            type.getMethod("close").invoke(client);
        }
    }

    private static URL placeOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }
}
