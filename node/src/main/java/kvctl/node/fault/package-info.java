/**
 * Faults that a node obeys: which are in force, and what they do to links, disk and clock (HAZARDS A10). Nothing here is
 * stored, and a node that was not started for it has none.
 */
package kvctl.node.fault;
