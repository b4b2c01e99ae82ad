package kvctl.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import kvctl.raft.Store.Save;

/** A process of its own that holds a storage, for the tests that need one to lock a directory or to be killed. */
final class Child {
    private Child() {}

    /** Saves one entry after the other, and prints each index when it is durable, until it is killed. */
    public static void main(String[] args) {
        Thread leash = new Thread(Child::endWithParent, "leash");
        leash.setDaemon(true);
        leash.start();
        Storage storage = Storage.open(Path.of(args[0]), StorageContract.DELHI, StorageConfig.DEFAULT);
        System.out.println("ready");
        long last = storage.restore(1).entries().size();
        for (long index = last + 1; true; index++) {
            long applied = index;
            storage.save(List.of(new Save(1, null, null, StorageContract.entries(index, index, 1), null)));
            System.out.println(index);
            storage.apply(() -> {
                storage.tables(1).table("rows").put(StorageContract.bytes("last"), Records.indexKey(applied));
                storage.tables(1).applied(applied, 1);
            });
        }
    }

    /** The parent holds the other end of standard input: a test that is killed leaves nothing behind. */
    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // nothing is ever sent
            }
        } catch (IOException e) {
            // the end, too
        }
        Runtime.getRuntime().halt(1);
    }

    /** Its output goes to a file, where it is found also after the child was killed. */
    static Process start(Path dir, Path output) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        dir.toString())
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
