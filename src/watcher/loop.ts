// The agent: observe, decide, perform, wait. Sees ports only; every policy is in domain/, every effect behind a port.
import type { AgentState } from './domain/agent-state.ts';
import type { Reason } from './domain/decision.ts';
import { isSameRuleset } from './domain/desired-firewall.ts';
import { isUninformed, plan } from './domain/plan.ts';
import type { Step } from './domain/step.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { Inbox, type Wake } from './inbox.ts';
import { pollAtSlots } from './poller.ts';
import type { AgentPorts, Settings, Summary } from './ports.ts';
import { TableKeeper } from './table-keeper.ts';

/** A running agent. */
export interface Agent {
  /** Takes new settings into the next cycle, which begins at once; the poll schedule starts anew. */
  reload(settings: Settings): void;
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
  return { reload: (settings) => loop.reload(settings), ended: loop.run() };
}

class Loop {
  readonly #ports: AgentPorts;
  readonly #signal: AbortSignal;
  readonly #inbox: Inbox;
  readonly #keeper: TableKeeper;
  readonly #connections: ConnectionWatch;
  #state: AgentState;
  #settings: Settings;
  #polling: AbortController;

  constructor(initial: AgentState, settings: Settings, ports: AgentPorts, signal: AbortSignal) {
    this.#state = initial;
    this.#settings = settings;
    this.#ports = ports;
    this.#signal = signal;
    this.#inbox = new Inbox(signal);
    this.#keeper = new TableKeeper(ports.firewall, ports.clock, ports.reporter, () =>
      this.#inbox.post({ touched: true }),
    );
    this.#connections = new ConnectionWatch(ports.firewall, ports.clock, ports.reporter, () =>
      this.#inbox.post({ counted: true }),
    );
    this.#polling = new AbortController();
  }

  reload(settings: Settings): void {
    const [before, after] = [this.#settings.plan.ruleset, settings.plan.ruleset];
    const isSame = before !== null && after !== null && isSameRuleset(before, after);
    // A table that follows the old settings is replaced by one transaction, and that is no restoration.
    if (!isSame) this.#state = { ...this.#state, adopted: false };
    this.#settings = settings;
    this.#startPolling();
    this.#inbox.post({ reload: true });
  }

  async run(): Promise<void> {
    this.#startPolling();
    // A drain of this boot is held or restored before anything is heard.
    this.#inbox.post({ reload: true });
    try {
      for (let wake = await this.#inbox.take(); wake !== null; wake = await this.#inbox.take()) {
        if (wake.answer !== null || wake.touched || wake.reload) await this.#reconcile(wake);
        this.#ports.reporter.settled(this.#summary());
      }
    } finally {
      this.#polling.abort();
      this.#connections.stop();
      this.#keeper.close();
    }
  }

  #startPolling(): void {
    this.#polling.abort();
    this.#polling = new AbortController();
    const { source, pollPeriodMs } = this.#settings;
    const { clock, random } = this.#ports;
    const signal = AbortSignal.any([this.#signal, this.#polling.signal]);
    void pollAtSlots(source, pollPeriodMs, clock, random, (answer) => this.#inbox.post({ answer }), signal);
  }

  #summary(): Summary {
    return {
      instanceState: this.#state.instanceState,
      refusing: this.#isRefusing(),
      reasons: this.#state.reasons,
      holding: this.#state.hold !== null,
      connectionsLeft: this.#connections.left,
      degraded: isUninformed(this.#state) ? ['the API has no information about this instance'] : [],
    };
  }

  #isRefusing(): boolean {
    return this.#state.desired === 'refuse' && this.#state.adopted;
  }

  async #reconcile(wake: Wake): Promise<void> {
    const { clock } = this.#ports;
    const { ruleset } = this.#settings.plan;
    const table = await this.#keeper.look(ruleset !== null);
    const observation = {
      answer: wake.answer,
      table,
      monotonicMs: clock.monotonicMs(),
      wallMs: clock.wallMs(),
    };
    const { next, steps } = plan(this.#state, observation, this.#settings.plan);
    this.#state = next;
    const tell: (() => void)[] = [];
    for (const step of steps) await this.#perform(step, tell);
    if (!steps.some(isFirewallStep)) this.#keeper.rest();
    // What was done to the table is told after the change that caused it, though it was done first.
    for (const line of tell) line();
    if (this.#isRefusing() && ruleset !== null) this.#connections.start(ruleset);
    else this.#connections.stop();
  }

  async #perform(step: Step, tell: (() => void)[]): Promise<void> {
    switch (step.kind) {
      case 'apply-ruleset':
      case 'remove-ruleset': {
        const told = await this.#keeper.perform(step);
        if (told === null) this.#state = { ...this.#state, adopted: false };
        else tell.push(told);
        return;
      }
      case 'record':
        this.#ports.record.save(step.record);
        return;
      case 'run-hooks':
        this.#ports.hooks.submit({
          id: this.#ports.newId(),
          from: step.from,
          to: step.to,
          env: this.#hookEnvironment(step.reasons),
        });
        return;
      case 'announce':
        this.#ports.reporter.announce(step.announcement);
    }
  }

  #hookEnvironment(reasons: readonly Reason[]): Record<string, string> {
    const listed = reasons.map(({ source, detail }) => `${source}:${detail}`);
    return {
      CS_INSTANCE_ID: this.#state.instanceId ?? '',
      CS_REASON: listed[0] ?? '',
      CS_REASONS: listed.join(' '),
    };
  }
}

function isFirewallStep({ kind }: Step): boolean {
  return kind === 'apply-ruleset' || kind === 'remove-ruleset';
}
