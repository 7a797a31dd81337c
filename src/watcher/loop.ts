// The agent: observe, decide, perform, wait. Sees ports only; every policy is in domain/, every effect behind a port.
import { ConnectionWatch } from './connection-watch.ts';
import type { AgentState } from './domain/agent-state.ts';
import type { Answer } from './domain/answer.ts';
import { type DrainRuleset, isSameRuleset } from './domain/desired-firewall.ts';
import { isClosing, nextDueMs } from './domain/drain.ts';
import { isUninformed } from './domain/hear.ts';
import type { Lease, LeaseEnd } from './domain/lease.ts';
import { plan } from './domain/plan.ts';
import { prevailing } from './domain/prevailing.ts';
import { scriptFacts } from './domain/script-facts.ts';
import type { Step } from './domain/step.ts';
import { Inbox, type Wake } from './inbox.ts';
import { askAtSlots } from './poller.ts';
import type { AgentPorts, Settings, Summary } from './ports.ts';
import { backWithinMs } from './schedule.ts';
import { TableKeeper } from './table-keeper.ts';

/** A running agent. */
export interface Agent {
  /** Takes new settings into the next cycle, which begins at once; the poll schedule starts anew. */
  reload(settings: Settings): void;
  /** Puts a lease in force, or ends the one that is (null), told with `why` where that is known. */
  lease(lease: Lease | null, why?: LeaseEnd | null): void;
  /** Settles when the signal given to `startAgent` has aborted and the loop has ended. The table stays as it is. */
  readonly ended: Promise<void>;
}

/** Starts the loop from an adopted state. The first poll goes out at once; nothing here waits for the network. */
export function startAgent(
  initial: AgentState,
  first: Settings,
  ports: AgentPorts,
  signal: AbortSignal,
): Agent {
  const loop = new Loop(initial, first, ports, signal);
  return {
    reload: (settings) => loop.reload(settings),
    lease: (lease, why = null) => loop.lease(lease, why),
    ended: loop.run(),
  };
}

class Loop {
  readonly #ports: AgentPorts;
  readonly #signal: AbortSignal;
  readonly #inbox: Inbox;
  readonly #keeper: TableKeeper;
  readonly #connections: ConnectionWatch;
  #state: AgentState;
  #settings: Settings;
  #lease: Lease | null = null;
  #leaseEnd: LeaseEnd | null = null;
  #change: string;
  #polling: AbortController;
  #alarm: NodeJS.Timeout | null = null;

  constructor(initial: AgentState, settings: Settings, ports: AgentPorts, signal: AbortSignal) {
    this.#state = initial;
    this.#settings = settings;
    this.#ports = ports;
    this.#signal = signal;
    this.#inbox = new Inbox(signal);
    this.#change = ports.newId();
    ports.reporter.changeBegan(this.#change);
    this.#keeper = new TableKeeper(ports.firewall, ports.clock, ports.reporter, () =>
      this.#inbox.post({ look: true }),
    );
    this.#connections = new ConnectionWatch(ports.firewall, ports.clock, ports.reporter, () =>
      this.#inbox.post({ tick: true }),
    );
    this.#polling = new AbortController();
  }

  reload(settings: Settings): void {
    const [before, after] = [this.#settings.plan.ruleset, settings.plan.ruleset];
    const isSame = before !== null && after !== null && isSameRuleset(before, after);
    // A table that follows the old settings is replaced, once, and that is no restoration.
    if (!isSame) this.#state = { ...this.#state, adopted: false };
    this.#settings = settings;
    this.#startPolling();
    this.#inbox.post({ look: true });
  }

  lease(lease: Lease | null, why: LeaseEnd | null): void {
    this.#lease = lease;
    if (lease === null) this.#leaseEnd = why;
    this.#inbox.post({ look: true });
  }

  async run(): Promise<void> {
    this.#startPolling();
    // A drain of this boot is held or restored before anything is heard.
    this.#inbox.post({ look: true });
    try {
      for (let wake = await this.#wait(); wake !== null; wake = await this.#wait()) {
        await this.#cycle(wake);
        this.#ports.reporter.settled(this.#summary());
      }
    } finally {
      this.#polling.abort();
      this.#connections.stop();
      this.#keeper.close();
      if (this.#alarm !== null) clearTimeout(this.#alarm);
    }
  }

  /** The one place that feeds the watchdog: a loop that hangs anywhere else is not fed. */
  #wait(): Promise<Wake | null> {
    // Once it is to end, systemd counts the time of the stop, and a word would have it count this one again.
    if (!this.#signal.aborted) this.#ports.watchdog.feed(backWithinMs(this.#settings.pollPeriodMs));
    return this.#inbox.take();
  }

  #startPolling(): void {
    this.#polling.abort();
    this.#polling = new AbortController();
    const { source, signals, pollPeriodMs } = this.#settings;
    const { clock, random, reporter } = this.#ports;
    const slots = { periodMs: pollPeriodMs, clock, random };
    const signal = AbortSignal.any([this.#signal, this.#polling.signal]);
    void askAtSlots(
      {
        ask: (limits) => source.poll(limits),
        failed: (message): Answer => ({ kind: 'unknown', class: 'transport', message }),
        deliver: (answer, asked) => {
          reporter.polled({ answer, ...asked });
          this.#inbox.post({ answer });
        },
        slept: () => source.forgetSession(),
      },
      slots,
      signal,
    );
    if (signals === null) {
      this.#inbox.post({ signals: {} });
      return;
    }
    void askAtSlots(
      {
        ask: (limits) => signals.read(limits),
        failed: () => null,
        deliver: (readings) => this.#inbox.post({ signals: readings }),
        slept: () => {},
      },
      slots,
      signal,
    );
  }

  #summary(): Summary {
    return {
      state: this.#state,
      now: prevailing(this.#state),
      refusing: this.#state.adopted,
      count: this.#connections.count,
      degraded: isUninformed(this.#state) ? ['the API has no information about this instance'] : [],
    };
  }

  async #cycle({ answer, signals, look }: Wake): Promise<void> {
    const { clock, newId, reporter } = this.#ports;
    const isLooking = look || answer !== null || signals !== null;
    const table = isLooking ? await this.#keeper.look(this.#settings.plan.ruleset !== null) : null;
    // Not before: a reload may have come meanwhile, and the state follows it already.
    const { plan: config, source } = this.#settings;
    const observation = {
      answer,
      instanceId: source.describe().instanceId,
      signals,
      lease: this.#lease,
      leaseEnd: this.#leaseEnd,
      count: this.#connections.count,
      table,
      monotonicMs: clock.monotonicMs(),
      wallMs: clock.wallMs(),
    };
    const { next, steps, isChange, isLookDue } = plan(this.#state, observation, config);
    if (isChange) {
      this.#change = newId();
      reporter.changeBegan(this.#change);
    }
    this.#state = next;
    const tell: (() => void)[] = [];
    for (const step of steps) await this.#perform(step, tell);
    if (isLooking && !steps.some(isFirewallStep)) this.#keeper.rest();
    // What was done to the table is told after the change that caused it, though it was done first.
    for (const line of tell) line();
    if (isLookDue) this.#inbox.post({ look: true });
    const { ruleset } = this.#settings.plan;
    if (this.#state.adopted && ruleset !== null) this.#connections.start(ruleset);
    else this.#connections.stop();
    if (!isClosing(this.#state.drain, config)) reporter.degraded('closing', null);
    this.#setAlarm();
  }

  /** Wakes the loop when the drain's next deadline has come. */
  #setAlarm(): void {
    if (this.#alarm !== null) clearTimeout(this.#alarm);
    const nowMs = this.#ports.clock.monotonicMs();
    const dueMs = nextDueMs(this.#state.drain, this.#settings.plan, nowMs);
    // Node.js takes a longer time for none at all; a later cycle sets the rest.
    const waitMs = dueMs === null ? null : Math.min(Math.ceil(dueMs - nowMs), 2 ** 31 - 1);
    this.#alarm = waitMs === null ? null : setTimeout(() => this.#inbox.post({ look: true }), waitMs);
  }

  async #perform(step: Step, tell: (() => void)[]): Promise<void> {
    const { record, hooks, reporter } = this.#ports;
    switch (step.kind) {
      case 'apply-ruleset':
      case 'remove-ruleset': {
        const told = await this.#keeper.perform(step);
        if (told === null) this.#state = { ...this.#state, adopted: false };
        else tell.push(told);
        // Counted anew: what was counted before the table stood there says nothing of who came in between.
        this.#connections.stop();
        return;
      }
      case 'close-connections':
        // Also where the table could not be replaced: what this host serves itself needs no table to be closed.
        await this.#closeConnections(step.ruleset, tell);
        return;
      case 'record':
        record.save(step.record);
        return;
      case 'run-hooks': {
        const { from, to } = step;
        const isDraining = this.#state.drain !== null;
        const env = scriptFacts(this.#state);
        hooks.submit({ id: this.#change, kind: 'state', isDraining, from, to, env });
        return;
      }
      case 'run-drained-hooks': {
        const from = this.#state.shownState ?? 'unknown';
        const env = {
          ...scriptFacts(this.#state),
          CS_DRAINED: step.outcome,
          CS_CONNECTIONS_LEFT: String(step.connectionsLeft ?? 'unknown'),
        };
        hooks.submit({ id: this.#change, kind: 'drained', isDraining: true, from, to: 'drained', env });
        return;
      }
      case 'announce':
        reporter.announce(step.announcement);
    }
  }

  async #closeConnections({ ports, includeLoopback }: DrainRuleset, tell: (() => void)[]): Promise<void> {
    const { firewall, reporter } = this.#ports;
    try {
      const result = await firewall.destroy(ports, includeLoopback);
      tell.push(() => reporter.connectionsClosed(result));
      reporter.degraded('closing', null);
    } catch (error) {
      reporter.degraded('closing', (error as Error).message);
    }
  }
}

function isFirewallStep({ kind }: Step): boolean {
  return kind === 'apply-ruleset' || kind === 'remove-ruleset';
}
