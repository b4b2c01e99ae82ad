/**
 * Faults made on purpose, as commands: {@code partition isolate cut delay drop duplicate reorder clog disk clock}, and
 * {@code faults} and {@code heal}.
 *
 * <p>Nothing is kept here. {@link kvctl.cli.fault.Links} reads which links are meant, {@code Injection} tells the nodes at
 * both ends and probes what was cut; the nodes keep the faults until they are healed or end. So any terminal can list and
 * heal what another one made, also after that one crashed.
 */
package kvctl.cli.fault;
