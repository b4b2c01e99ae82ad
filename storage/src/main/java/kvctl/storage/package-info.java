/**
 * Keeps a node's logs, promises and tables on disk, and detects damage. The only package that knows Xodus.
 */
package kvctl.storage;
