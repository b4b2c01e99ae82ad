package kvctl.cli.fault;

import java.util.List;
import kvctl.cli.NodeSelector;
import kvctl.client.KvException;
import kvctl.protocol.Request;
import kvctl.protocol.Response;

/** The nodes of the cluster, to be asked about faults. */
public interface Places extends NodeSelector.Nodes {
    /** @param node name of a node of {@link #nodes} */
    int id(String node);

    /** Name of the node with this id. */
    String name(int id);

    /** Looks again at who leads. */
    void refresh();

    /** Asks nodes, all at the same time; the answers are in the order of the questions. */
    List<Answer> ask(List<Question> questions);

    /** What a node is to be asked. */
    record Question(String node, Request.OfFaults request) {}

    /**
     * What came of a question.
     *
     * @param response null if there is none
     * @param problem why not, or why the node did not do it; null if it did
     */
    record Answer(String node, Response response, KvException problem) {
        /** It is there, but does not speak; its faults end with its process, not before. */
        boolean mayStillEnforce() {
            return problem != null && problem.code() == KvException.Code.TIMED_OUT;
        }

        boolean isSilent() {
            return problem != null
                    && (problem.code() == KvException.Code.UNREACHABLE || problem.code() == KvException.Code.TIMED_OUT);
        }
    }
}
