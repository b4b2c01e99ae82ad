/**
 * One replica of one Raft group as a pure state machine: it is stepped with messages and time, and returns what
 * must be saved, sent and applied. It starts no thread and reads no clock, socket or disk.
 */
package kvctl.raft;
