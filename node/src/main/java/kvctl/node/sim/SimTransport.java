package kvctl.node.sim;

import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import kvctl.client.Transport;
import kvctl.node.Call;
import kvctl.protocol.Frame;
import kvctl.protocol.Hello;
import kvctl.protocol.HelloReply;
import kvctl.protocol.Response;
import kvctl.sim.LinkFaults;
import kvctl.sim.Simulation;
import kvctl.sim.Trace;

/**
 * One client's process as the world sees it: its clock, dice and connections. Frames of a connection keep their order; a
 * frame that is lost breaks its connection, as it would with TCP, though the client learns that late.
 */
final class SimTransport implements Transport {
    private static final long EPOCH_MS = 1_700_000_000_000L;
    private static final long LEARNS_LOSS_US = 300_000;

    private final Simulation simulation;
    private final int clientId;
    private final Function<String, SimServer> servers;
    private final RandomGenerator dice;
    private final RandomGenerator links;
    private final long epochOffsetMs;
    private final Set<Integer> unreachable = new TreeSet<>();
    private LinkFaults faults = LinkFaults.NONE;
    private Runnable wake;
    private long wakeAtMs = Long.MAX_VALUE;
    private boolean inCallback;
    private boolean stopped;

    /** @param servers by address; null if nobody is there */
    SimTransport(Simulation simulation, int clientId, Function<String, SimServer> servers) {
        this.simulation = simulation;
        this.clientId = clientId;
        this.servers = servers;
        this.dice = simulation.random("client " + clientId);
        this.links = simulation.random("links of client " + clientId);
        this.epochOffsetMs = dice.nextInt(10_000);
    }

    /** Of all its connections; reordering and duplicates do not happen on them. */
    void faults(LinkFaults newFaults) {
        faults = newFaults;
    }

    /** Nothing gets through between the client and these nodes, either way. */
    void cutFrom(Set<Integer> nodeIds) {
        unreachable.clear();
        unreachable.addAll(nodeIds);
    }

    @Override
    public long nowMs() {
        return simulation.nowUs() / 1000;
    }

    @Override
    public long epochMs() {
        return EPOCH_MS + epochOffsetMs + nowMs();
    }

    @Override
    public RandomGenerator random() {
        return dice;
    }

    @Override
    public void start(Runnable wakeUp, Consumer<Throwable> broken) {
        wake = wakeUp;
    }

    @Override
    public boolean execute(Runnable task) {
        if (stopped) {
            return false;
        }
        simulation.after(0, () -> call(task));
        return true;
    }

    private void call(Runnable callback) {
        inCallback = true;
        try {
            callback.run();
        } catch (IllegalStateException | IllegalArgumentException | NullPointerException e) {
            throw new Breach(Rule.NODE_INVARIANT, "client " + clientId + ": " + e, e);
        } finally {
            inCallback = false;
        }
    }

    @Override
    public boolean inLoop() {
        return inCallback;
    }

    @Override
    public void wakeAt(long atMs) {
        wakeAtMs = atMs;
        simulation.after((atMs - nowMs()) * 1000, () -> {
            if (!stopped && wakeAtMs == atMs) {
                wakeAtMs = Long.MAX_VALUE;
                call(wake);
            }
        });
    }

    @Override
    public Link connect(String address, Hello hello, Listener listener) {
        return new Connection(servers.apply(address), listener);
    }

    @Override
    public void stop() {
        stopped = true;
    }

    /** One connection, both ends of it. */
    final class Connection implements Link, Call.Door {
        private final SimServer server;
        private final Listener listener;
        private long toServerUs;
        private long toClientUs;
        private boolean closed;
        private boolean broken;
        private boolean willLearn;

        Connection(SimServer server, Listener listener) {
            this.server = server;
            this.listener = listener;
            toServer(() -> {
                if (server.up()) {
                    server.opened(this);
                    server.execute(nowMs -> {
                        HelloReply reply = server.welcome();
                        toClient(() -> listener.opened((HelloReply.Accepted) reply));
                    });
                } else {
                    toClient(() -> end(Closed.REFUSED, "refused the connection"));
                }
            });
        }

        @Override
        public boolean send(Frame.Ask ask) {
            comment(() -> SimText.of(ask.request()));
            toServer(() -> {
                if (server.up()) {
                    long deadlineMs = server.nowMs() + ask.timeLeftMs();
                    server.take(new Call(this, ask.correlationId(), ask.request(), deadlineMs, 100));
                }
            });
            return true;
        }

        @Override
        public void answer(Call call, Response response) {
            long digest = Trace.mix(
                    call.correlationId(), response.getClass().getName().length());
            simulation
                    .trace()
                    .note(
                            simulation.nowUs(),
                            server.nodeId(),
                            Trace.mix(digest, clientId),
                            () -> "n" + server.nodeId() + " > c" + clientId + " " + SimText.of(call.request()) + ": "
                                    + SimText.of(response));
            toClient(() -> listener.answered(call.correlationId(), response));
        }

        @Override
        public boolean isFull() {
            return false;
        }

        @Override
        public void close() {
            closed = true;
            server.closed(this);
        }

        private void comment(Supplier<String> what) {
            simulation
                    .trace()
                    .comment(simulation.nowUs(), () -> "c" + clientId + " > n" + server.nodeId() + " " + what.get());
        }

        /** The server's end is gone. */
        void lost() {
            toClient(() -> end(Closed.LOST, "closed the connection"));
            broken = true;
        }

        private void end(Closed kind, String reason) {
            comment(() -> reason);
            closed = true;
            listener.closed(kind, reason);
        }

        private void toServer(Runnable arrival) {
            if (!passes()) {
                return;
            }
            toServerUs = Math.max(toServerUs, simulation.nowUs() + delayUs());
            simulation.after(toServerUs - simulation.nowUs(), () -> {
                if (!broken && reaches()) {
                    arrival.run();
                }
            });
        }

        private void toClient(Runnable arrival) {
            if (!passes()) {
                return;
            }
            toClientUs = Math.max(toClientUs, simulation.nowUs() + delayUs());
            simulation.after(toClientUs - simulation.nowUs(), () -> {
                if (!closed && !stopped && reaches()) {
                    call(arrival);
                }
            });
        }

        private boolean reaches() {
            if (!unreachable.contains(server.nodeId())) {
                return true;
            }
            breakOff();
            return false;
        }

        /** Whether a frame sent now arrives; if not, nothing arrives on this connection any more. */
        private boolean passes() {
            if (broken || closed) {
                return false;
            }
            if (unreachable.contains(server.nodeId()) || links.nextDouble() < faults.loss()) {
                breakOff();
                return false;
            }
            return true;
        }

        private void breakOff() {
            if (!broken) {
                broken = true;
                server.closed(this);
            }
            if (willLearn) {
                return;
            }
            willLearn = true; // Also when what is lost here is the news that the server's end is gone.
            simulation.after(Simulation.exponential(links, LEARNS_LOSS_US), () -> {
                if (!closed && !stopped) {
                    call(() -> end(Closed.LOST, "lost the connection"));
                }
            });
        }

        private long delayUs() {
            return faults.delayMinUs() + Simulation.exponential(links, faults.delayMeanUs());
        }
    }
}
