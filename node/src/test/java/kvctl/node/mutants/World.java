package kvctl.node.mutants;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Loads all classes of kvctl anew, some of them in another version; everything else is shared with the test. Thread-safe,
 * as every class loader.
 */
final class World extends ClassLoader {
    private static final String OURS = "kvctl.";

    /** As they are on the class path, by name; the same for all worlds. */
    private static final Map<String, byte[]> ORIGINALS = new ConcurrentHashMap<>();

    private final Map<String, byte[]> changed;

    /** @param changed classes that differ from the class path, by name */
    World(Map<String, byte[]> changed) {
        super(World.class.getClassLoader());
        this.changed = Map.copyOf(changed);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? findClass(name) : loaded;
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        byte[] bytes = changed.get(name);
        if (bytes == null) {
            bytes = ORIGINALS.computeIfAbsent(name, this::original);
        }
        if (bytes == null) {
            throw new ClassNotFoundException(name);
        }
        return defineClass(name, bytes, 0, bytes.length);
    }

    private byte[] original(String name) {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("can't read " + name, e);
        }
    }
}
