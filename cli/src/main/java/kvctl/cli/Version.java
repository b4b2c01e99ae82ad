package kvctl.cli;

/** The version of this jar. */
final class Version {
    static final String NUMBER = number();

    private Version() {}

    private static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0-dev" : version;
    }

    static int print(Session session) {
        String java = System.getProperty("java.version");
        if (session.settings().format().isJson()) {
            session.console()
                    .line(new Json()
                            .open('{')
                            .name("schema")
                            .text("kvctl/version/1")
                            .name("version")
                            .text(NUMBER)
                            .name("java")
                            .text(java)
                            .close('}')
                            .toString());
        } else {
            session.console().line("kvctl " + NUMBER + " (Java " + java + ")");
        }
        return 0;
    }
}
