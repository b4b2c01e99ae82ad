/**
 * The client of a cluster: finds the leader of a key's group, retries safely, and reports a timeout as unknown. A
 * one-shot command runs through here, so nothing heavy may be loaded.
 */
package kvctl.client;
