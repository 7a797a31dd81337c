// The Firewall port in memory, for unit tests: the same laws and the same errors as the addon, over a kernel that tests can
// make misbehave. Several firewalls on one fake kernel are several processes on one host.
import { FirewallError, type FirewallErrorCode } from './errors.ts';
import type { Firewall } from './firewall.ts';
import type {
  ConnectionCount,
  DestroyResult,
  Inspection,
  KernelFeatures,
  Ownership,
  PortRange,
  Ruleset,
  RulesetEvent,
} from './ruleset.ts';
import { rulesetProblem } from './validate-ruleset.ts';

interface FakeTable {
  /** Null for a table of our name that is not ours. */
  readonly ruleset: Ruleset | null;
  readonly comment: string | null;
  readonly ownership: Ownership;
  owner: FakeFirewall | 'another process' | null;
  difference: string | null;
  refused: number[];
}

type Listener = (author: FakeFirewall | null, event: RulesetEvent) => void;

/** What is the same for all processes of the host, and what tests change of it. */
export class FakeKernel {
  /** Whether the processes have CAP_NET_ADMIN. */
  permitted = true;
  hasNftables = true;
  features: KernelFeatures = {
    ownerPersist: true,
    destroyTable: true,
    elementCounters: true,
    tableComments: true,
    kernelRelease: 'fake',
  };
  connections: ConnectionCount | null = null;
  destroyed: DestroyResult = { closed: 0, failed: 0 };
  table: FakeTable | null = null;
  /** Every transaction that was committed, for tests that count them. */
  readonly transactions: ('apply' | 'adopt' | 'remove')[] = [];
  readonly listeners = new Set<Listener>();

  /** `nft flush ruleset` by somebody else: an owned table is skipped, as the kernel does. */
  flushRuleset(command = 'nft', pid = 4242): void {
    if (this.table === null || this.table.owner !== null) return;
    this.table = null;
    this.announce(null, { kind: 'changed', pid, command });
  }

  /** Somebody edits our table, which then is not exactly ours. */
  editTable(difference: string, command = 'nft', pid = 4242): void {
    if (this.table === null) throw new Error('there is no table to edit');
    this.table.difference = difference;
    this.announce(null, { kind: 'changed', pid, command });
  }

  /** A table of our name that does not carry our mark. */
  addForeignTable(comment: string | null = null): void {
    this.table = { ruleset: null, comment, ownership: 'plain', owner: null, difference: null, refused: [] };
    this.announce(null, { kind: 'changed', pid: 4242, command: 'nft' });
  }

  /** Another live process owns our table, holding `ruleset`. */
  addHeldTable(ruleset: Ruleset): void {
    this.table = {
      ruleset,
      comment: 'cs-instance-watcher 1',
      ownership: 'owned',
      owner: 'another process',
      difference: null,
      refused: ruleset.ports.map(() => 0),
    };
  }

  /** Counts refused SYNs on the range at `index`. */
  refuse(index: number, packets: number): void {
    this.table!.refused[index]! += packets;
  }

  /** The kernel drops notifications. */
  loseEvents(): void {
    this.announce(null, { kind: 'overflow', pid: null, command: null });
  }

  announce(author: FakeFirewall | null, event: RulesetEvent): void {
    for (const listener of this.listeners) listener(author, event);
  }
}

export class FakeFirewall implements Firewall {
  readonly #kernel: FakeKernel;
  readonly #ownership: 'auto' | 'plain';
  readonly #listeners = new Set<Listener>();
  #isClosed = false;

  constructor(kernel: FakeKernel, options: { readonly ownership: 'auto' | 'plain' } = { ownership: 'auto' }) {
    this.#kernel = kernel;
    this.#ownership = options.ownership;
  }

  async apply(ruleset: Ruleset): Promise<Inspection> {
    this.#require('apply');
    const problem = rulesetProblem(ruleset);
    if (problem) throw failure('bad-argument', 'apply', problem);
    this.#requireChangeable('apply');
    const isOwned = this.#ownership === 'auto' && this.#kernel.features.ownerPersist;
    const ownership = isOwned ? 'owned' : 'plain';
    const { table } = this.#kernel;
    const isIntact =
      table?.difference === null && table.ownership === ownership && same(table.ruleset, ruleset);
    if (!isIntact) {
      this.#kernel.table = {
        ruleset: structuredClone(ruleset),
        comment: 'cs-instance-watcher 1',
        ownership,
        owner: isOwned ? this : null,
        difference: null,
        refused: ruleset.ports.map(() => 0),
      };
      this.#commit('apply');
    } else if (isOwned && table.owner === null) {
      table.owner = this;
      this.#commit('adopt');
    }
    return this.#look();
  }

  async remove(): Promise<void> {
    this.#require('remove');
    if (this.#kernel.table === null) return;
    this.#requireChangeable('remove');
    this.#kernel.table = null;
    this.#commit('remove');
  }

  async inspect(): Promise<Inspection> {
    this.#require('inspect');
    return this.#look();
  }

  monitor(onEvent: (event: RulesetEvent) => void, _onError: (error: Error) => void): { close(): void } {
    this.#require('monitor');
    const listener: Listener = (author, event) => {
      // Later, as the addon delivers from another thread; not at all once closed.
      if (author !== this) queueMicrotask(() => this.#listeners.has(listener) && onEvent(event));
    };
    this.#listeners.add(listener);
    this.#kernel.listeners.add(listener);
    return { close: () => this.#stop(listener) };
  }

  async connections(ports: readonly PortRange[], _includeLoopback: boolean): Promise<ConnectionCount> {
    this.#require('connections');
    return this.#kernel.connections ?? { known: true, perRange: ports.map(() => 0), total: 0, idle: 0 };
  }

  async destroy(_ports: readonly PortRange[], _includeLoopback: boolean): Promise<DestroyResult> {
    this.#require('destroy');
    return this.#kernel.destroyed;
  }

  async probe(): Promise<KernelFeatures> {
    this.#require('probe');
    return this.#kernel.features;
  }

  close(): void {
    this.#isClosed = true;
    for (const listener of this.#listeners) this.#stop(listener);
    const { table } = this.#kernel;
    if (table?.owner === this) table.owner = null;
  }

  #stop(listener: Listener): void {
    this.#listeners.delete(listener);
    this.#kernel.listeners.delete(listener);
  }

  #commit(kind: 'apply' | 'adopt' | 'remove'): void {
    this.#kernel.transactions.push(kind);
    this.#kernel.announce(this, { kind: 'changed', pid: process.pid, command: 'node' });
  }

  #look(): Inspection {
    const { table } = this.#kernel;
    if (table === null) return { table: 'absent' };
    if (table.ruleset === null) return { table: 'foreign', comment: table.comment };
    const isIntact = table.difference === null;
    return {
      table: 'ours',
      ownership: table.ownership,
      holder: table.owner === null ? 'nobody' : table.owner === this ? 'us' : 'other',
      ruleset: isIntact ? structuredClone(table.ruleset) : null,
      difference: table.difference,
      refused: isIntact && this.#kernel.features.elementCounters ? [...table.refused] : null,
    };
  }

  #require(operation: string): void {
    if (this.#isClosed) throw failure('closed', operation, 'the firewall was closed');
    if (!this.#kernel.hasNftables) throw failure('no-nftables', operation, 'the kernel has no nf_tables', 22);
    if (!this.#kernel.permitted) throw failure('no-permission', operation, 'Operation not permitted', 1);
  }

  #requireChangeable(operation: string): void {
    const { table } = this.#kernel;
    if (table !== null && table.ruleset === null) {
      throw failure(
        'foreign-table',
        operation,
        'a table inet cs-instance-watcher is there that is not ours',
        17,
      );
    }
    if (table !== null && table.owner !== null && table.owner !== this) {
      throw failure('table-held', operation, 'another process owns the table', 1);
    }
  }
}

function failure(code: FirewallErrorCode, operation: string, message: string, errno = 0): FirewallError {
  return new FirewallError(code, operation, `${operation}: ${message}`, errno);
}

function same(a: Ruleset | null, b: Ruleset): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(ruleset: Ruleset | null): unknown {
  if (ruleset === null) return null;
  const ports = ruleset.ports.map(({ first, last }) => [first, last]);
  return [ports, ruleset.allowFrom, ruleset.includeLoopback, ruleset.closing];
}
