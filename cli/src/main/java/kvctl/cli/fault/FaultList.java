package kvctl.cli.fault;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kvctl.cli.fault.Places.Answer;
import kvctl.cli.fault.Places.Question;
import kvctl.protocol.Fault;
import kvctl.protocol.FaultStatus;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/**
 * The faults in force, put together from what each node says of itself.
 *
 * @param silent nodes that did not answer, for what reason ever
 * @param paused those of them that may still hold faults: they are there and say nothing
 */
record FaultList(List<Item> items, List<String> silent, List<String> paused) {
    /**
     * One fault.
     *
     * @param text the command that makes it
     * @param leftMs until it heals by itself; 0: it stays
     * @param hits in all nodes
     * @param nodes that enforce it
     * @param rules of all nodes, each once
     */
    record Item(String id, String text, long ageMs, long leftMs, long hits, List<String> nodes, Set<Fault> rules) {}

    static FaultList of(Places places) {
        Map<String, List<FaultStatus>> byId = new LinkedHashMap<>();
        Map<String, List<String>> nodes = new LinkedHashMap<>();
        List<String> silent = new ArrayList<>();
        List<String> paused = new ArrayList<>();
        for (Answer answer : places.ask(places.nodes().stream()
                .map(node -> new Question(node, new Request.ListFaults()))
                .toList())) {
            if (answer.response() instanceof Response.FaultsReply reply) {
                for (FaultStatus fault : reply.faults()) {
                    byId.computeIfAbsent(fault.id(), id -> new ArrayList<>()).add(fault);
                    nodes.computeIfAbsent(fault.id(), id -> new ArrayList<>()).add(answer.node());
                }
            } else if (answer.isSilent()) {
                silent.add(answer.node());
                if (answer.mayStillEnforce()) {
                    paused.add(answer.node());
                }
            }
        }
        List<Item> items = new ArrayList<>();
        byId.forEach((id, parts) -> items.add(item(id, parts, nodes.get(id))));
        items.sort((a, b) -> Long.compare(b.ageMs(), a.ageMs()));
        return new FaultList(items, silent, paused);
    }

    private static Item item(String id, List<FaultStatus> parts, List<String> nodes) {
        Set<Fault> rules = new LinkedHashSet<>();
        parts.forEach(part -> part.rules().forEach(rule -> rules.add(rule.fault())));
        return new Item(
                id,
                parts.get(0).description(),
                parts.stream().mapToLong(FaultStatus::ageMs).max().orElse(0),
                parts.stream().mapToLong(FaultStatus::leftMs).max().orElse(0),
                parts.stream().mapToLong(FaultStatus::hits).sum(),
                nodes,
                rules);
    }
}
