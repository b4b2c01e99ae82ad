package kvctl.node.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kvctl.node.sim.Coverage.Operation;
import kvctl.raft.Message;
import kvctl.sim.Fault.Kind;
import org.junit.jupiter.api.Test;

class UnderwayTest {
    private final Underway run = new Underway();

    private List<Kind> met(Operation operation) {
        return Coverage.FAULTS.stream().filter(kind -> run.met(operation, kind)).toList();
    }

    @Test
    void anOperationMeetsWhatIsInForceWhenItBeginsAndWhatComesWhileItLasts() {
        run.begins(Kind.KILL);
        run.ends(Kind.KILL);
        run.begins(Kind.PAUSE);
        run.begins(Operation.GET);
        run.begins(Kind.DROP);
        run.ends(Operation.GET);
        run.begins(Kind.ISOLATE);
        assertThat(met(Operation.GET)).containsExactly(Kind.PAUSE, Kind.DROP);
        assertThat(met(Operation.PUT)).isEmpty();
    }

    @Test
    void twoOfAKindAreInForceUntilBothHaveEnded() {
        run.begins(Kind.KILL);
        run.begins(Kind.KILL);
        run.ends(Kind.KILL);
        run.begins(Operation.PUT);
        run.ends(Kind.KILL);
        run.begins(Operation.CAS);
        assertThat(met(Operation.PUT)).containsExactly(Kind.KILL);
        assertThat(met(Operation.CAS)).isEmpty();
        run.begins(Operation.PUT);
        run.ends(Operation.PUT);
        run.begins(Kind.PAUSE);
        assertThat(met(Operation.PUT)).as("the first one is still under way").contains(Kind.PAUSE);
    }

    /** Starting the process again is not the end of it: what it promised is still forgotten. */
    @Test
    void aRollbackIsInForceUntilItsReplicasHaveRecovered() {
        run.begins(Kind.ROLLBACK);
        run.forgot();
        run.ends(Kind.ROLLBACK);
        run.begins(Operation.JOIN);
        run.recovered();
        run.begins(Operation.LEAVE);
        assertThat(met(Operation.JOIN)).containsExactly(Kind.ROLLBACK);
        assertThat(met(Operation.LEAVE)).isEmpty();
    }

    @Test
    void aShardOnItsWayIsUnderWayFromStepToStep() {
        run.shard(1, 3, Operation.COPY);
        run.begins(Kind.DROP);
        run.ends(Kind.DROP);
        run.shard(1, 3, Operation.FREEZE);
        run.shard(1, 3, Operation.FREEZE);
        run.begins(Kind.KILL);
        run.shard(1, 3, null);
        run.begins(Kind.PAUSE);
        assertThat(met(Operation.COPY)).containsExactly(Kind.DROP);
        assertThat(met(Operation.FREEZE)).containsExactly(Kind.KILL);
    }

    @Test
    void whatHealsAtTheEndIsMetByNothingThatComesLater() {
        run.begins(Kind.LATE);
        run.begins(Operation.GET);
        run.end();
        run.begins(Kind.KILL);
        run.begins(Operation.PUT);
        run.ends(Kind.KILL);
        assertThat(met(Operation.GET)).containsExactly(Kind.LATE);
        assertThat(met(Operation.PUT)).isEmpty();
    }

    @Test
    void messagesTellOfElectionsAndSnapshots() {
        run.begins(Kind.CLOCK);
        run.sent(new Message.PreVote(2, 1, 0, 0));
        assertThat(met(Operation.ELECTION)).isEmpty();
        run.sent(new Message.RequestVote(2, 1, 0, 0, false));
        run.sent(new Message.InstallSnapshot(2, 1, 9, 1, 1, 0, new byte[0], true, 0, 1));
        assertThat(met(Operation.ELECTION)).containsExactly(Kind.CLOCK);
        assertThat(met(Operation.SNAPSHOT)).containsExactly(Kind.CLOCK);
    }
}
