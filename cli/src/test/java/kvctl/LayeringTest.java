package kvctl;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Who may know whom, and what the deterministic code may not touch. It is here because only cli sees every module. */
@AnalyzeClasses(packages = "kvctl", importOptions = ImportOption.DoNotIncludeTests.class)
final class LayeringTest {
    private static final String[] DETERMINISTIC = {"kvctl.raft..", "kvctl.sim..", "kvctl.node.kv..", "kvctl.node.meta.."
    };

    private static final String REPLAY = "the same seed must give the same run, byte for byte: time and chance are"
            + " arguments, effects are return values";

    private static final String NETTY = "io.netty..";
    private static final String JACKSON = "com.fasterxml..";
    private static final String JLINE = "org.jline..";
    private static final String SLF4J = "org.slf4j..";
    private static final String LOGBACK = "ch.qos.logback..";
    private static final String XODUS = "jetbrains.exodus..";
    private static final String PICOCLI = "picocli..";

    @ArchTest
    static final ArchRule raftDependsOnTheJdkOnly = classes()
            .that()
            .resideInAPackage("kvctl.raft..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("kvctl.raft..", "java..")
            .because("the algorithm must be readable, testable and provable without anything around it")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule simulatorDependsOnRaftAndTheJdkOnly = classes()
            .that()
            .resideInAPackage("kvctl.sim..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("kvctl.sim..", "kvctl.raft..", "java..")
            .because("the simulator's kernel drives anything that is deterministic and knows none of it")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule raftDoesNotKnowItsSimulator = noClasses()
            .that()
            .resideInAPackage("kvctl.raft..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("kvctl.sim..")
            .because("what runs in production and what runs under simulation is the same code")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule deterministicCodeHasNoSocketsFilesThreadsOrLogs = noClasses()
            .that()
            .resideInAnyPackage(DETERMINISTIC)
            .should()
            .dependOnClassesThat(effects())
            .because(REPLAY)
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule deterministicCodeAsksNobodyForTimeOrChance = noClasses()
            .that()
            .resideInAnyPackage(DETERMINISTIC)
            .should()
            .accessTargetWhere(are(timeOrChance()))
            .because(REPLAY)
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule deterministicCodeIsNotSynchronized = noMethods()
            .that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage(DETERMINISTIC)
            .should()
            .haveModifier(JavaModifier.SYNCHRONIZED)
            .because("one loop owns it; a lock would hide a second thread that must not exist")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule onlyStorageKnowsXodus = onlyIn(
            "kvctl.storage..",
            XODUS,
            "Xodus is in sunset: nothing outside may notice when another store takes its place");

    @ArchTest
    static final ArchRule onlyNodeKnowsJackson = onlyIn(
            "kvctl.node..",
            JACKSON,
            "the topology is the only YAML there is, and databind costs every command its start-up");

    @ArchTest
    static final ArchRule onlyCliKnowsPicocli =
            onlyIn("kvctl.cli..", PICOCLI, "how a command is spelled is no business of what it does");

    @ArchTest
    static final ArchRule onlyCliKnowsJLine =
            onlyIn("kvctl.cli..", JLINE, "a node has no terminal, and a script has none either");

    @ArchTest
    static final ArchRule onlyNodeAndCliKnowLogging = noClasses()
            .that()
            .resideOutsideOfPackages("kvctl.node..", "kvctl.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(SLF4J, LOGBACK)
            .because("what happened is told by values; the process decides what becomes a line in a log")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule onlyProtocolAndNodeKnowNetty = noClasses()
            .that()
            .resideOutsideOfPackages("kvctl.protocol..", "kvctl.node..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(NETTY)
            .because("bytes and sockets end at the protocol's codec and the node's doors")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule nothingDependsOnCli = noClasses()
            .that()
            .resideOutsideOfPackage("kvctl.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("kvctl.cli..")
            .because("the command line is one of several doors to the system and the outermost layer")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule raftDoesNotKnowProtocol = noClasses()
            .that()
            .resideInAnyPackage("kvctl.raft..", "kvctl.sim..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("kvctl.protocol..", "kvctl.client..", "kvctl.check..")
            .because("consensus carries bytes; what they mean is agreed elsewhere")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule protocolDoesNotKnowRaft = noClasses()
            .that()
            .resideInAnyPackage("kvctl.protocol..", "kvctl.client..", "kvctl.check..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("kvctl.raft..", "kvctl.sim..")
            .because("a client must not depend on how the servers agree")
            .allowEmptyShould(true);

    /** The recorder stands beside the client; all else of the checker is given what it judges. */
    @ArchTest
    static final ArchRule checkerJudgesWhatItIsGivenAndNothingElse = noClasses()
            .that(resideInAPackage("kvctl.check..")
                    .and(DescribedPredicate.describe(
                            "not the recorder", each -> !each.getName().startsWith("kvctl.check.Recorder"))))
            .should()
            .dependOnClassesThat(effects().or(resideInAnyPackage("kvctl.client..", "kvctl.protocol..")))
            .orShould()
            .accessTargetWhere(are(timeOrChance()))
            .because("a verdict must be the same whoever asks for it, and for histories of other systems too");

    @ArchTest
    static final ArchRule storageKnowsOnlyRaft = noClasses()
            .that()
            .resideInAPackage("kvctl.storage..")
            .should()
            .dependOnClassesThat(
                    resideInAPackage("kvctl..").and(not(resideInAnyPackage("kvctl.storage..", "kvctl.raft.."))))
            .because("storage implements the core's ports and serves whoever opens it")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule oneShotClientReachesNothingHeavy = noClasses()
            .that()
            .resideInAPackage("kvctl.client..")
            .should()
            .transitivelyDependOnClassesThat()
            .resideInAnyPackage(NETTY, JACKSON, JLINE, SLF4J, LOGBACK, XODUS)
            .because("a one-shot get is a whole process in under 100 ms, and loading any of these costs more than that")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule packagesHaveNoCycles = slices().matching("kvctl.(*)..")
            .should()
            .beFreeOfCycles()
            .because("a layer that needs the one above it is no layer")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule packagesAreFlat = noClasses()
            .should()
            .resideInAPackage("kvctl.*.*.*..")
            .because("three levels are enough to find anything")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule namesSayWhatAClassIs = noClasses()
            .should()
            .haveNameMatching(".*(Manager|Impl|Helper|Utils?|Base|Context|Handler)")
            .because(
                    "these words fit anything, so they say nothing; Netty's handlers too can be named for what they do")
            .allowEmptyShould(true);

    private static ArchRule onlyIn(String home, String library, String reason) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(home)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .because(reason)
                .allowEmptyShould(true);
    }

    private static DescribedPredicate<JavaClass> effects() {
        return resideInAnyPackage(
                        "java.net..",
                        "java.nio.file..",
                        "java.nio.channels..",
                        "java.util.concurrent..",
                        "java.util.logging..",
                        "org.slf4j..",
                        "javax..")
                .and(not(type(TimeUnit.class)))
                .or(DescribedPredicate.describe(
                        "files, threads and loggers",
                        each -> Set.of(
                                        "java.io.File",
                                        "java.io.FileInputStream",
                                        "java.io.FileOutputStream",
                                        "java.io.FileReader",
                                        "java.io.FileWriter",
                                        "java.io.RandomAccessFile",
                                        "java.lang.Process",
                                        "java.lang.ProcessBuilder",
                                        "java.lang.Runtime",
                                        "java.lang.System$Logger",
                                        "java.lang.Thread",
                                        "java.lang.ThreadLocal",
                                        "java.util.Timer",
                                        "java.security.SecureRandom",
                                        "java.time.Clock")
                                .contains(each.getName())))
                .as("sockets, files, threads, locks or loggers");
    }

    private static DescribedPredicate<JavaAccess<?>> timeOrChance() {
        Map<String, Set<String>> banned = Map.ofEntries(
                Map.entry(
                        "java.lang.System",
                        Set.of(
                                "currentTimeMillis",
                                "nanoTime",
                                "getenv",
                                "getProperty",
                                "identityHashCode",
                                "getLogger",
                                "out",
                                "err")),
                Map.entry("java.lang.Math", Set.of("random")),
                Map.entry("java.lang.StrictMath", Set.of("random")),
                Map.entry("java.util.UUID", Set.of("randomUUID")),
                Map.entry("java.util.random.RandomGenerator", Set.of("getDefault")),
                Map.entry("java.time.Instant", Set.of("now")),
                Map.entry("java.time.LocalDate", Set.of("now")),
                Map.entry("java.time.LocalDateTime", Set.of("now")),
                Map.entry("java.time.ZonedDateTime", Set.of("now")));
        DescribedPredicate<AccessTarget> listed = DescribedPredicate.describe(
                "in the list",
                to -> banned.getOrDefault(to.getOwner().getName(), Set.of()).contains(to.getName())
                        || Set.of("parallel", "parallelStream").contains(to.getName()));
        return DescribedPredicate.describe(
                "clocks, dice, the environment or parallel streams",
                access -> target(listed).test(access) || unseeded(access));
    }

    /** A generator without a seed, or a shuffle that brings its own. */
    private static boolean unseeded(JavaAccess<?> access) {
        String call = access.getTarget().getFullName();
        return call.equals("java.util.Random.<init>()")
                || call.equals("java.util.SplittableRandom.<init>()")
                || call.equals("java.util.Collections.shuffle(java.util.List)");
    }
}
