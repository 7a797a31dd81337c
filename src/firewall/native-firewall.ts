// The Firewall port over the addon: one instance is one transaction socket.
import {
  type AvoidableFeature,
  loadAddon,
  type NativeAddon,
  type NativeFirewallHandle,
  type NativeFirewallOptions,
} from './binding.ts';
import { FirewallError } from './errors.ts';
import type { Firewall } from './firewall.ts';
import { converting, toFirewallError } from './native-error.ts';
import { toConnectionCount, toInspection, toNativeRuleset, toPortBounds } from './native-values.ts';
import type {
  ConnectionCount,
  DestroyResult,
  Inspection,
  KernelFeatures,
  PortRange,
  Ruleset,
  RulesetEvent,
} from './ruleset.ts';

export interface FirewallOptions {
  /** `auto`: the table is owned where the kernel can, else plain. `plain`: always plain. */
  readonly ownership: NativeFirewallOptions['ownership'];
  /** Features to do without although the kernel has them: for tests. */
  readonly without?: readonly AvoidableFeature[];
}

/**
 * Opens the kernel's firewall in this network namespace.
 * @throws FirewallError `no-nftables`, `kernel`; NativeLoadError when the addon cannot be loaded
 */
export function openFirewall(options: FirewallOptions): Firewall {
  const addon = loadAddon();
  const handle = converting('open', () => {
    return new addon.Firewall({ ownership: options.ownership, without: options.without ?? [] });
  });
  return new NativeFirewall(addon, handle);
}

class NativeFirewall implements Firewall {
  readonly #addon: NativeAddon;
  readonly #handle: NativeFirewallHandle;
  #isClosed = false;

  constructor(addon: NativeAddon, handle: NativeFirewallHandle) {
    this.#addon = addon;
    this.#handle = handle;
  }

  apply(ruleset: Ruleset): Promise<Inspection> {
    return this.#run('apply', async () => toInspection(await this.#handle.apply(toNativeRuleset(ruleset))));
  }

  remove(): Promise<void> {
    return this.#run('remove', () => this.#handle.remove());
  }

  inspect(): Promise<Inspection> {
    return this.#run('inspect', async () => toInspection(await this.#handle.inspect()));
  }

  monitor(onEvent: (event: RulesetEvent) => void, onError: (error: Error) => void): { close(): void } {
    // A listener that throws must end the program as any other would; Node-API only warns of what its callbacks throw.
    const close = converting('monitor', () =>
      this.#handle.monitor(
        (event) => queueMicrotask(() => onEvent(event)),
        (error) => queueMicrotask(() => onError(toFirewallError('monitor', error))),
      ),
    );
    return { close };
  }

  connections(ports: readonly PortRange[], includeLoopback: boolean): Promise<ConnectionCount> {
    return this.#run('connections', async () =>
      toConnectionCount(await this.#addon.connections(toPortBounds(ports), includeLoopback)),
    );
  }

  destroy(ports: readonly PortRange[], includeLoopback: boolean): Promise<DestroyResult> {
    return this.#run('destroy', () => this.#addon.destroy(toPortBounds(ports), includeLoopback));
  }

  probe(): Promise<KernelFeatures> {
    return this.#run('probe', () => this.#handle.probe());
  }

  close(): void {
    this.#isClosed = true;
    this.#handle.close();
  }

  async #run<Result>(operation: string, call: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new FirewallError('closed', operation, `${operation}: the firewall was closed`);
    try {
      return await call();
    } catch (error) {
      throw toFirewallError(operation, error);
    }
  }
}
