// Carries out the firewall steps and keeps watch over the table while one is installed.
import type { Firewall } from '../firewall/firewall.ts';
import { lookAtTable } from '../firewall/look.ts';
import type { RulesetEvent } from '../firewall/ruleset.ts';
import type { TableObservation } from './domain/desired-firewall.ts';
import { isBudgetSpent, type Restorations, withRestoration } from './domain/restoration-budget.ts';
import type { Step } from './domain/step.ts';
import type { Clock, Reporter } from './ports.ts';

/** Least time between two looks at the table that monitor events cause. */
const LOOK_SPACING_MS = 50;

type FirewallStep = Extract<Step, { kind: 'apply-ruleset' | 'remove-ruleset' }>;

/** What somebody did to the table of ours that was in place. */
interface Damage {
  readonly found: string;
  readonly by: RulesetEvent | null;
}

export class TableKeeper {
  readonly #firewall: Firewall;
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  readonly #touched: () => void;
  #installed = false;
  #monitor: { close(): void } | null = null;
  #restorations: Restorations = [];
  #lastLookMs = Number.NEGATIVE_INFINITY;
  #pendingLook: NodeJS.Timeout | null = null;
  #lastEvent: RulesetEvent | null = null;
  /** Called with an event, while one is waited for. */
  #heard: (() => void) | null = null;
  /** What the last look saw the outcome of. */
  #lookedAfter: RulesetEvent | null = null;
  /** Who put someone else's table under our name; null while none is known to stand there. */
  #intruder: { readonly by: RulesetEvent | null } | null = null;
  /** To be told once it is mended, which the first attempt may not achieve. */
  #damage: Damage | null = null;
  /** Since our table was last in place, a look could not read it. */
  #isUnread = false;
  /** A removal failed, which it can after the table was gone. */
  #isRemovalOpen = false;
  /** What the last look found under our name. */
  #found: TableObservation['table'] | null = null;
  /** Why, at the last look, nothing could be refused here whatever the state says. */
  #obstacle: string | null = null;

  /** `touched` is called when the table should be looked at because somebody else may have changed it. */
  constructor(firewall: Firewall, clock: Clock, reporter: Reporter, touched: () => void) {
    this.#firewall = firewall;
    this.#clock = clock;
    this.#reporter = reporter;
    this.#touched = touched;
  }

  /** The table as the kernel has it, or why it cannot be read. With `isWanted`, what would keep a drain from closing is told at once. */
  async look(isWanted: boolean): Promise<TableObservation> {
    this.#lastLookMs = this.#clock.monotonicMs();
    if (this.#installed) this.#watch();
    this.#lookedAfter = this.#lastEvent;
    const found = await lookAtTable(this.#firewall);
    // Whoever changes that table later: it was there before.
    if (found.table === 'foreign') this.#intruder ??= { by: await this.#author() };
    else if (found.table !== 'unknown') this.#intruder = null;
    this.#isUnread ||= this.#installed && found.table === 'unknown';
    this.#found = found.table;
    this.#obstacle = isWanted ? obstacleIn(found, this.#intruder?.by ?? null) : null;
    if (this.#obstacle !== null) this.#reporter.degraded('firewall', this.#obstacle);
    return found;
  }

  /** Nothing is to be done to the table that was looked at: what was wrong before is over, unless the look says otherwise. */
  rest(): void {
    // Who did something that needs nothing is not to be blamed for what comes later.
    if (this.#lastEvent === this.#lookedAfter) this.#lastEvent = null;
    this.#forgetDamage();
    if (this.#obstacle === null) this.#reporter.degraded('firewall', null);
    // Also where somebody else took it away just when it was to go.
    if (this.#found === 'absent' && (this.#installed || this.#isRemovalOpen)) this.#removed()();
    if (!isBudgetSpent(this.#restorations, this.#clock.monotonicMs())) this.#reporter.degraded('table', null);
  }

  /** Performs one step; resolves with how to tell it, or with null when it failed, which is reported as degraded. */
  async perform(step: FirewallStep): Promise<(() => void) | null> {
    try {
      const tell = step.kind === 'apply-ruleset' ? await this.#install(step) : await this.#remove();
      this.#reporter.degraded('firewall', null);
      return tell;
    } catch (error) {
      this.#reporter.degraded('firewall', this.#obstacle ?? messageOf(error));
      return null;
    }
  }

  /** Stops watching. The table stays as it is. */
  close(): void {
    this.#monitor?.close();
    this.#monitor = null;
    if (this.#pendingLook !== null) clearTimeout(this.#pendingLook);
    this.#pendingLook = null;
  }

  async #install(step: Extract<Step, { kind: 'apply-ruleset' }>): Promise<() => void> {
    const before = this.#lastEvent;
    if (step.restoring !== null) this.#damage = { found: step.restoring, by: before };
    await this.#firewall.apply(step.ruleset);
    this.#isRemovalOpen = false;
    this.#installed = true;
    this.#watch();
    const mayBeMended = this.#damage !== null || this.#isUnread;
    const by = this.#damage?.by ?? before ?? (mayBeMended ? await this.#author() : null);
    // What has come since is the next restoration's.
    if (this.#lastEvent === (before ?? by)) this.#lastEvent = null;
    // What could not be read was changed where the kernel says so.
    const unread = this.#isUnread && by?.kind === 'changed' ? 'the table was changed' : null;
    const restoring = this.#damage?.found ?? unread;
    this.#forgetDamage();
    if (restoring !== null) {
      const nowMs = this.#clock.monotonicMs();
      const wasSpent = isBudgetSpent(this.#restorations, nowMs);
      this.#restorations = withRestoration(this.#restorations, nowMs);
      // Once: the next ones differ in nothing but the pid, and each has its line as a restoration.
      if (!wasSpent && isBudgetSpent(this.#restorations, nowMs))
        this.#reporter.degraded('table', fightWith(by));
    }
    return () => this.#reporter.tableInstalled(step.ruleset, restoring, by);
  }

  async #remove(): Promise<() => void> {
    this.close();
    this.#installed = false;
    this.#isRemovalOpen = true;
    await this.#firewall.remove();
    return this.#removed();
  }

  /** Nobody is to be blamed for anything of a table that is to stand there no more. */
  #removed(): () => void {
    this.close();
    this.#installed = false;
    this.#isRemovalOpen = false;
    this.#lastEvent = null;
    this.#forgetDamage();
    this.#restorations = [];
    for (const part of ['table', 'monitor']) this.#reporter.degraded(part, null);
    return () => this.#reporter.tableRemoved();
  }

  #forgetDamage(): void {
    this.#damage = null;
    this.#isUnread = false;
  }

  #watch(): void {
    if (this.#monitor !== null) return;
    try {
      this.#monitor = this.#firewall.monitor(
        (event) => {
          this.#lastEvent = event;
          this.#heard?.();
          this.#lookSoon();
        },
        (error) => this.#lostMonitor(error),
      );
    } catch (error) {
      this.#lostMonitor(error);
      return;
    }
    this.#reporter.degraded('monitor', null);
    // What happened between the transaction and now, nobody heard.
    this.#lookSoon();
  }

  /**
   * Without a monitor the polls still look at the table, and each look tries to open a new one. A look that was due, for what
   * the monitor had told before, still comes.
   */
  #lostMonitor(error: unknown): void {
    this.#monitor?.close();
    this.#monitor = null;
    this.#reporter.degraded('monitor', messageOf(error));
  }

  /** Who changed the table, where the kernel tells: a look may see a change shortly before its event is here. */
  async #author(): Promise<RulesetEvent | null> {
    if (this.#lastEvent === null && this.#monitor !== null) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_SPACING_MS);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#heard = null;
    }
    return this.#lastEvent;
  }

  #lookSoon(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#pendingLook !== null || isBudgetSpent(this.#restorations, nowMs)) return;
    const waitMs = Math.max(0, this.#lastLookMs + LOOK_SPACING_MS - nowMs);
    this.#pendingLook = setTimeout(() => {
      this.#pendingLook = null;
      this.#touched();
    }, waitMs);
  }
}

function obstacleIn(found: TableObservation, intruder: RulesetEvent | null): string | null {
  switch (found.table) {
    case 'unknown':
      return found.problem;
    case 'foreign': {
      const who = authorOf(intruder);
      return (
        `a table inet cs-instance-watcher that is not ours is in the way${who === null ? '' : `, put there by ${who}`}, ` +
        'nothing can be refused until it is gone; to see it: nft list table inet cs-instance-watcher'
      );
    }
    default:
      return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Null where the kernel does not tell. */
function authorOf(event: RulesetEvent | null): string | null {
  return event?.command ? `${event.command} (pid ${event.pid ?? '?'})` : null;
}

function fightWith(event: RulesetEvent | null): string {
  const who = authorOf(event) ?? 'something on this host';
  return `${who} keeps removing the drain table: put back 20 times within a minute, from now on once per poll`;
}
