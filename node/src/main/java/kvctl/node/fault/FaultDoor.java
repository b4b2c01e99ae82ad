package kvctl.node.fault;

import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import kvctl.protocol.Fault;
import kvctl.protocol.Limits;
import kvctl.protocol.Request;
import kvctl.protocol.Response;
import kvctl.protocol.Response.Code;

/**
 * Answers requests about faults, on the event loop: a node whose loop or disk stands still, or whose inbox is full, still
 * can be healed.
 */
public final class FaultDoor {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1," + Limits.FAULT_ID_MAX + "}");

    private final String name;
    private final Faults faults;

    /** @param name of the node */
    public FaultDoor(String name, Faults faults) {
        this.name = name;
        this.faults = faults;
    }

    /**
     * For the event loop.
     *
     * @param local whoever asks does so over a loopback connection
     * @param reply gets the answer: at once, or when what was asked for is complete
     */
    public void answer(Request.OfFaults request, boolean local, Consumer<Response> reply) {
        Response answer = answer(request, local);
        if (request instanceof Request.InjectFault && answer instanceof Response.FaultsReply) {
            faults.afterSettling(() -> reply.accept(answer));
        } else {
            reply.accept(answer);
        }
    }

    private Response answer(Request.OfFaults request, boolean local) {
        if (!faults.enabled()) {
            return forbidden(name);
        }
        if (!local) {
            return new Response.Refused(
                    Code.FORBIDDEN, name + " obeys faults only from its own machine, by a loopback connection.", 0);
        }
        if (request instanceof Request.InjectFault inject) {
            String problem = problem(inject);
            if (problem != null) {
                return badRequest(problem);
            }
            faults.inject(inject);
        } else if (request instanceof Request.HealFaults heal) {
            faults.heal(heal.id());
        } else if (request instanceof Request.SendProbe probe) {
            return probe(probe);
        } else if (request instanceof Request.GetProbes) {
            return new Response.ProbesReply(faults.probes().list(Faults.nowMs()));
        }
        return new Response.FaultsReply(faults.list());
    }

    /** The answer of a node that obeys no faults. */
    public static Response.Refused forbidden(String name) {
        String message = "%s obeys no faults: put 'faults: true' under 'node:' in the topology and start it anew.";
        return new Response.Refused(Code.FORBIDDEN, message.formatted(name), 0);
    }

    private Response probe(Request.SendProbe probe) {
        if (!isNode(probe.toNodeId()) || probe.toNodeId() == faults.selfId() || probe.number() < 0) {
            return badRequest("%s has no link to node %d.".formatted(name, probe.toNodeId()));
        }
        faults.probe(probe.toNodeId(), probe.number());
        return new Response.Ok();
    }

    private String problem(Request.InjectFault inject) {
        if (!ID.matcher(inject.id()).matches()) {
            return "A fault's id is 1 to %d letters, digits, dots, hyphens and underscores, not '%s'."
                    .formatted(Limits.FAULT_ID_MAX, inject.id());
        }
        if (inject.description().length() > Limits.FAULT_TEXT_MAX) {
            return "A fault's description has at most %d characters.".formatted(Limits.FAULT_TEXT_MAX);
        }
        if (inject.forMs() < 0 || inject.forMs() > Integer.MAX_VALUE) {
            return "A fault lasts 0 (until it is healed) to %d ms.".formatted(Integer.MAX_VALUE);
        }
        int beside = faults.rulesBeside(inject.id());
        if (beside < 0 || beside + inject.rules().size() > Limits.FAULT_RULES_MAX) {
            return "%s has room for %d faults with %d rules; heal some first."
                    .formatted(name, Limits.FAULTS_MAX, Limits.FAULT_RULES_MAX);
        }
        return problem(inject.rules());
    }

    private String problem(List<Fault> rules) {
        if (rules.isEmpty()) {
            return "A fault needs at least one rule.";
        }
        for (Fault fault : rules) {
            boolean known = !(fault instanceof Fault.OfLink link) || isNode(link.from()) && isNode(link.to());
            if (!known || !fault.concerns(faults.selfId())) {
                return "'%s' is nothing for %s.".formatted(fault.text(id -> "node " + id), name);
            }
        }
        return null;
    }

    private boolean isNode(int id) {
        return id >= 1 && id <= faults.nodes();
    }

    private static Response.Refused badRequest(String message) {
        return new Response.Refused(Code.BAD_REQUEST, message, 0);
    }
}
