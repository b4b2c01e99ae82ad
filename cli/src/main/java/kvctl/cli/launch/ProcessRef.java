package kvctl.cli.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One process of this machine, told from a later one that got the same pid.
 *
 * <p>On Linux the boot id and the start tick identify it exactly, whatever happens to the wall clock. Elsewhere the start
 * time does, with room for the rounding of the system's own records.
 *
 * @param pid process id
 * @param startMs when it started, ms since 1970 as the system tells it
 * @param born boot id and start tick, or empty where the system has neither
 */
public record ProcessRef(long pid, long startMs, String born) {
    /** Linux rounds the boot time to seconds, so two readings of one start may differ by that much. */
    private static final long START_TOLERANCE_MS = 1_500;

    /** What a process does now. */
    public enum Life {
        /** It exists and may use a processor. */
        RUNNING,
        /** It exists and is stopped by a signal. */
        PAUSED,
        /** It ended, also if nobody has collected its exit code yet, or the pid belongs to another process now. */
        GONE
    }

    /** This Java process. */
    public static ProcessRef self() {
        return of(ProcessHandle.current().pid()).orElseThrow();
    }

    /** The process that has the pid now. */
    public static Optional<ProcessRef> of(long pid) {
        return ProcessHandle.of(pid).map(handle -> new ProcessRef(pid, startMs(handle), born(procStat(pid))));
    }

    /** Looks now; never throws. */
    public Life life() {
        Optional<ProcessHandle> handle = ProcessHandle.of(pid);
        if (handle.isEmpty()) {
            return Life.GONE;
        }
        String[] stat = procStat(pid);
        if (stat == null) {
            return Files.exists(Path.of("/proc/self/stat")) || !startsAt(startMs(handle.get()))
                    ? Life.GONE
                    : lifeByPs();
        }
        boolean same = born.isEmpty() ? startsAt(startMs(handle.get())) : born.equals(born(stat));
        return same ? life(stat[0].charAt(0)) : Life.GONE;
    }

    /** The command and its arguments, or empty if the process is gone or another user's. */
    public static Optional<String[]> commandLine(long pid) {
        try {
            byte[] bytes = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "cmdline"));
            return bytes.length == 0
                    ? Optional.empty()
                    : Optional.of(new String(bytes, StandardCharsets.UTF_8).split("\0", -1));
        } catch (IOException e) {
            return ProcessHandle.of(pid).flatMap(handle -> handle.info().arguments());
        }
    }

    /** Asks the process to end itself (SIGTERM). */
    public void terminate() {
        if (life() != Life.GONE) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
        }
    }

    /** Ends the process at once (SIGKILL). */
    public void kill() {
        if (life() != Life.GONE) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    /** Stops the process where it stands (SIGSTOP). */
    public void pause() throws IOException {
        signal("STOP");
    }

    /** Lets a stopped process go on (SIGCONT). */
    public void resume() throws IOException {
        signal("CONT");
    }

    /** The shell's own kill, since a minimal system has no program of that name. */
    private void signal(String name) throws IOException {
        if (life() == Life.GONE) {
            throw new IOException("process " + pid + " is gone");
        }
        Process shell = new ProcessBuilder("/bin/sh", "-c", "kill -s \"$1\" \"$2\"", "sh", name, Long.toString(pid))
                .redirectErrorStream(true)
                .start();
        String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (shell.waitFor() != 0) {
                throw new IOException("signal " + name + " to process " + pid + " failed: " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while sending " + name + " to process " + pid, e);
        }
    }

    private boolean startsAt(long otherStartMs) {
        return Math.abs(otherStartMs - startMs) <= START_TOLERANCE_MS;
    }

    private static long startMs(ProcessHandle handle) {
        return handle.info().startInstant().map(java.time.Instant::toEpochMilli).orElse(0L);
    }

    /** The fields of /proc/PID/stat behind the command's name (which may hold blanks), or null. */
    private static String[] procStat(long pid) {
        try {
            String line = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            return line.substring(line.lastIndexOf(')') + 2).split(" ");
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    /** Field 22 of the line is the start in ticks since boot; two fields were cut off. */
    private static String born(String[] stat) {
        if (stat == null) {
            return "";
        }
        try {
            String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
            return boot.strip() + "/" + stat[19];
        } catch (IOException e) {
            return "";
        }
    }

    private static Life life(char state) {
        return switch (state) {
            case 'Z', 'X', 'x' -> Life.GONE;
            case 'T', 't' -> Life.PAUSED;
            default -> Life.RUNNING;
        };
    }

    private Life lifeByPs() {
        try {
            Process ps = new ProcessBuilder("ps", "-o", "state=", "-p", Long.toString(pid)).start();
            String state = new String(ps.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return state.isEmpty() ? Life.GONE : life(state.charAt(0));
        } catch (IOException e) {
            return Life.RUNNING;
        }
    }
}
