package kvctl.storage;

import java.util.Objects;

/**
 * Whose data a directory holds. Written when the directory is made and compared at every start, so that no node ever
 * speaks with another one's promises (HAZARDS R19, D11).
 *
 * @param clusterId id of the cluster
 * @param nodeName free-form name of the node
 * @param nodeId id of the node, from 1
 */
public record Identity(String clusterId, String nodeName, int nodeId) {
    public Identity {
        Objects.requireNonNull(clusterId);
        Objects.requireNonNull(nodeName);
    }

    /** @throws StorageException if this, found in the place, is not the one expected there */
    void checkIs(Identity expected, String where) {
        if (!equals(expected)) {
            throw new StorageException(
                    where + " belongs to " + this + ", not to " + expected + "; choose another directory");
        }
    }

    @Override
    public String toString() {
        return "node " + nodeName + " (id " + nodeId + ") of cluster " + clusterId;
    }
}
