// The watchdog as the loop feeds it: on whatever comes in quarters of an hour, whoever is fed is back in time; a loop that hangs
// is not fed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeFirewall, FakeKernel } from '../../../src/firewall/fake-firewall.ts';
import { adopt } from '../../../src/watcher/domain/adopt.ts';
import type { Answer } from '../../../src/watcher/domain/answer.ts';
import { startAgent } from '../../../src/watcher/loop.ts';
import type { AgentPorts, Clock, PollLimits, Reporter, Settings } from '../../../src/watcher/ports.ts';
import { backWithinMs } from '../../../src/watcher/schedule.ts';
import { CONFIG, known, UNKNOWN } from './domain/cycle.ts';

const QUARTER_MS = 15 * 60_000;
/** What a busy host is granted on top of what was planned. */
const MARGIN_MS = 20_000;
const UNMANAGED: Answer = { kind: 'not-managed', message: 'no tag' };

/** Time passes when somebody sleeps, to whoever wakes first. */
class VirtualClock implements Clock {
  nowMs = 0;
  readonly #sleeping = new Set<{ atMs: number; wake: () => void }>();
  #isTicking = false;
  monotonicMs = (): number => this.nowMs;
  wallMs = (): number => 1e9 + this.nowMs;

  sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const sleeper = {
        atMs: this.nowMs + ms,
        wake: () => {
          this.#sleeping.delete(sleeper);
          resolve();
        },
      };
      signal.addEventListener('abort', sleeper.wake, { once: true });
      this.#sleeping.add(sleeper);
      this.#tick();
    });

  /** Once everything that can go on without time passing has done so. */
  #tick(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    setImmediate(() => {
      this.#isTicking = false;
      const [first] = [...this.#sleeping].toSorted((a, b) => a.atMs - b.atMs);
      if (first === undefined) return;
      this.nowMs = Math.max(this.nowMs, first.atMs);
      first.wake();
      if (this.#sleeping.size > 0) this.#tick();
    });
  }
}

interface Feed {
  readonly atMs: number;
  readonly withinMs: number;
}

const SILENT: Reporter = {
  changeBegan: () => {},
  polled: () => {},
  announce: () => {},
  tableInstalled: () => {},
  tableRemoved: () => {},
  connections: () => {},
  connectionsClosed: () => {},
  degraded: () => {},
  settled: () => {},
};

class Watched {
  readonly clock = new VirtualClock();
  readonly firewall = new FakeFirewall(new FakeKernel(), { ownership: 'auto' });
  readonly feeds: Feed[] = [];
  readonly ending = new AbortController();
  readonly settings: Settings;
  readonly agent;
  readonly #over: Promise<void>;

  /** Runs until so much time has passed, or the test ends it. */
  constructor(
    pollPeriodMs: number,
    poll: (limits: PollLimits, clock: VirtualClock) => Promise<Answer>,
    forMs = QUARTER_MS,
  ) {
    this.settings = {
      plan: CONFIG,
      pollPeriodMs,
      source: {
        poll: (limits) => poll(limits, this.clock),
        forgetSession: () => {},
        describe: () => ({ apiUrl: null, group: null, region: null, instanceId: null, contextAgeMs: null }),
      },
      signals: null,
    };
    const ports: AgentPorts = {
      firewall: this.firewall,
      clock: this.clock,
      random: () => 0,
      record: { save: () => {} },
      hooks: { submit: () => {} },
      reporter: SILENT,
      watchdog: { feed: (withinMs) => this.feeds.push({ atMs: this.clock.nowMs, withinMs }) },
      newId: () => 'id',
    };
    this.#over = this.clock.sleep(forMs, this.ending.signal);
    this.agent = startAgent(adopt(null, { table: 'absent' }), this.settings, ports, this.ending.signal);
  }

  async run(): Promise<readonly Feed[]> {
    await this.#over;
    this.ending.abort();
    await this.agent.ended;
    return this.feeds;
  }
}

/** The longest time without a feed, less what the feed before it had asked for; the end counts as one. */
function latestMs(feeds: readonly Feed[], endMs: number): number {
  return Math.max(
    ...feeds.map(({ atMs, withinMs }, index) => (feeds[index + 1]?.atMs ?? endMs) - atMs - withinMs),
  );
}

describe('for a quarter of an hour the loop is back in time', () => {
  const sources: readonly [string, (limits: PollLimits, clock: VirtualClock) => Promise<Answer>][] = [
    ['not managed', async () => UNMANAGED],
    ['nothing can be asked', async () => UNKNOWN],
    ['a drain that is over', async () => known('draining')],
    [
      'every poll takes all its time',
      async ({ timeoutMs, signal }, clock) => {
        await clock.sleep(timeoutMs, signal);
        return UNKNOWN;
      },
    ],
  ];
  for (const [name, poll] of sources) {
    for (const periodMs of [1_000, 10_000, 60_000]) {
      test(`${name}, asked every ${periodMs / 1000} s`, { timeout: 20_000 }, async () => {
        const feeds = await new Watched(periodMs, poll).run();
        assert.ok(feeds.length >= QUARTER_MS / 60_000, `fed ${feeds.length} times`);
        assert.ok(feeds.every(({ withinMs }) => withinMs === backWithinMs(periodMs)));
        assert.ok(latestMs(feeds, QUARTER_MS) <= -MARGIN_MS, `${latestMs(feeds, QUARTER_MS)} ms late`);
      });
    }
  }
});

test('it is fed before the first wait, and then before each', async () => {
  const watched = new Watched(10_000, async () => UNMANAGED, 30_000);
  assert.deepEqual(watched.feeds, [{ atMs: 0, withinMs: backWithinMs(10_000) }]);
  const feeds = await watched.run();
  assert.deepEqual([...new Set(feeds.map(({ atMs }) => atMs))], [0, 10_000, 20_000]);
});

test('a cycle that hangs is not fed, whatever is answered meanwhile', async () => {
  let polls = 0;
  const watched = new Watched(1_000, async () => {
    polls++;
    return known('draining');
  });
  watched.firewall.inspect = () => new Promise(() => {});
  await watched.clock.sleep(QUARTER_MS, watched.ending.signal);
  assert.ok(polls > 800);
  assert.equal(watched.feeds.length, 1);
  // It never ends either: that is what a watchdog is for.
  watched.ending.abort();
});

test('it is not fed once the agent is to end, though a cycle is still to be finished', async () => {
  const watched = new Watched(1_000, async () => known('draining'));
  const look = watched.firewall.inspect.bind(watched.firewall);
  const begun = new Promise<void>((resolve) => {
    watched.firewall.inspect = async () => {
      watched.ending.abort();
      resolve();
      return look();
    };
  });
  await begun;
  await watched.agent.ended;
  assert.equal(watched.feeds.length, 1);
});

test('a longer period is told as soon as it is in force', async () => {
  const watched = new Watched(1_000, async () => UNMANAGED);
  await watched.clock.sleep(5_500, watched.ending.signal);
  const before = watched.feeds.length;
  watched.agent.reload({ ...watched.settings, pollPeriodMs: 60_000 });
  const feeds = await watched.run();
  assert.deepEqual(feeds[before], { atMs: 5_500, withinMs: backWithinMs(60_000) });
  assert.ok(latestMs(feeds, QUARTER_MS) <= -MARGIN_MS);
});
