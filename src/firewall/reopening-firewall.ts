// A firewall that may not open yet: a kernel without nf_tables, or whose module is not there so far, fails the operation and
// not the agent. The next operation tries again.
import type { Firewall } from './firewall.ts';
import type { PortRange, Ruleset, RulesetEvent } from './ruleset.ts';

/** A Firewall over `open`, called at the first operation and again after it failed; its error is the operation's. */
export class ReopeningFirewall implements Firewall {
  readonly #open: () => Firewall;
  #opened: Firewall | null = null;

  constructor(open: () => Firewall) {
    this.#open = open;
  }

  // Each is async so that what `open` throws rejects; `monitor` throws, as it does when it cannot listen.
  apply = async (ruleset: Ruleset) => this.#firewall().apply(ruleset);
  remove = async () => this.#firewall().remove();
  inspect = async () => this.#firewall().inspect();
  probe = async () => this.#firewall().probe();
  connections = async (ports: readonly PortRange[], includeLoopback: boolean) =>
    this.#firewall().connections(ports, includeLoopback);
  destroy = async (ports: readonly PortRange[], includeLoopback: boolean) =>
    this.#firewall().destroy(ports, includeLoopback);
  monitor = (onEvent: (event: RulesetEvent) => void, onError: (error: Error) => void) =>
    this.#firewall().monitor(onEvent, onError);
  close = (): void => this.#opened?.close();

  #firewall(): Firewall {
    this.#opened ??= this.#open();
    return this.#opened;
  }
}
