package kvctl.cli;

/** The entry point of the kvctl jar. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        String version = Main.class.getPackage().getImplementationVersion();
        System.out.println("kvctl " + (version == null ? "(unpackaged)" : version));
    }
}
