/**
 * The kvctl command: one tree of commands that serves one-shot calls, scripts and the REPL.
 */
package kvctl.cli;
