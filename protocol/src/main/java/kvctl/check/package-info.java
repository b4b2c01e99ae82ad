/**
 * Histories of operations that clients saw, and the check that such a history is linearizable.
 */
package kvctl.check;
