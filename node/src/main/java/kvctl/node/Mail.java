package kvctl.node;

import kvctl.raft.Message;

/**
 * A message of another node's replica, as it waits for the loop.
 *
 * @param from node id that the sender proved in its hello
 * @param bytes its size on the wire; what the inbox counts against its bound
 */
record Mail(int from, int groupId, Message message, int bytes) {}
