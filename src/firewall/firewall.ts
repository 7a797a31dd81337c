// The port: what the agent needs of a firewall. Implemented by the addon (native-firewall.ts) and, for unit tests, in memory (fake-firewall.ts).
import type {
  ConnectionCount,
  DestroyResult,
  Inspection,
  KernelFeatures,
  PortRange,
  Ruleset,
  RulesetEvent,
} from './ruleset.ts';

/** One writer's handle on the drain table. All promises reject with `FirewallError`. Calls are serialised. */
export interface Firewall {
  /**
   * Installs the table in one transaction, or replaces what it holds so that it refuses throughout, and reads it back;
   * resolves with what was read.
   */
  apply(ruleset: Ruleset): Promise<Inspection>;
  /** Removes our table in one transaction; an absent table is success. */
  remove(): Promise<void>;
  /** Reads the table. `apply` then `inspect` gives an equal ruleset. */
  inspect(): Promise<Inspection>;
  /**
   * Listens for ruleset changes by others that touch our table; each event is delivered once per kernel generation.
   * Our own transactions are not reported. `close` joins the listening thread.
   */
  monitor(onEvent: (event: RulesetEvent) => void, onError: (error: Error) => void): { close(): void };
  /** Counts the connections to `ports` that a drain waits for. */
  connections(ports: readonly PortRange[], includeLoopback: boolean): Promise<ConnectionCount>;
  /**
   * Closes the connections to `ports` that have a socket on this host, and resets their peers (SOCK_DESTROY). Those of published
   * ports have none: `Ruleset.closing` is for them. Rejects with `no-permission`, or `kernel` (EOPNOTSUPP) where the kernel
   * cannot (CONFIG_INET_DIAG_DESTROY); some may be closed by then.
   */
  destroy(ports: readonly PortRange[], includeLoopback: boolean): Promise<DestroyResult>;
  /** Tries the kernel's features without committing anything. */
  probe(): Promise<KernelFeatures>;
  /** Closes the transaction socket; an owned table stays as an orphan. Idempotent. */
  close(): void;
}
