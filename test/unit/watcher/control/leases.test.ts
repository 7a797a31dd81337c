// Leases over clocks that the test sets: one at a time, and every way in which one ends, once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Leases } from '../../../../src/watcher/control/leases.ts';
import type { LeaseRequest } from '../../../../src/watcher/control/protocol.ts';
import type { Lease, LeaseEnd } from '../../../../src/watcher/domain/lease.ts';
import type { Clock } from '../../../../src/watcher/ports.ts';

const CLOSED: LeaseRequest = { kind: 'override', verdict: 'closed', reason: 'x', seconds: 60 };
const DRAINING: LeaseRequest = { kind: 'simulation', state: 'draining', seconds: 3_600 };
const NOON_MS = Date.UTC(2026, 0, 2, 12);

/** Sleeps end when the test says so. */
class SetClock implements Clock {
  wall = NOON_MS;
  monotonic = 0;
  readonly slept: number[] = [];
  #wake: () => void = () => {};
  wallMs = (): number => this.wall;
  monotonicMs = (): number => this.monotonic;

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve) => {
      this.#wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Both clocks go on, or differently when told, and the sleep ends. */
  async pass(ms: number, wallMs = ms): Promise<void> {
    this.monotonic += ms;
    this.wall += wallMs;
    this.#wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function create(): { leases: Leases; clock: SetClock; put: (Lease | null)[]; why: (LeaseEnd | null)[] } {
  const clock = new SetClock();
  const put: (Lease | null)[] = [];
  const why: (LeaseEnd | null)[] = [];
  let ids = 0;
  const leases = new Leases({
    put: (lease, end) => {
      put.push(lease);
      why.push(end);
    },
    clock,
    newId: () => `id-${++ids}`,
  });
  return { leases, clock, put, why };
}

describe('a lease', () => {
  test('is put in force with its beginning and its end', () => {
    const { leases, put } = create();
    const held = leases.begin(CLOSED);
    assert.deepEqual(put, [
      {
        kind: 'override',
        verdict: 'closed',
        reason: 'x',
        sinceWallMs: NOON_MS,
        untilWallMs: NOON_MS + 60_000,
      },
    ]);
    assert.equal(held?.lease, put[0]);
    assert.equal(leases.held, held);
    assert.equal(held?.over.aborted, false);
  });

  test('keeps who holds it, and its end says why', () => {
    const { leases, put, why } = create();
    const holder = { pid: 508, user: 'root', terminal: null };
    leases.begin({ ...CLOSED, holder })?.end('connection');
    assert.deepEqual(put[0]?.holder, holder);
    assert.deepEqual(why, [null, 'connection']);
  });

  test('is the only one until it ends', () => {
    const { leases, put } = create();
    const first = leases.begin(CLOSED);
    assert.equal(leases.begin(DRAINING), null);
    assert.equal(put.length, 1);
    first?.end('released');
    const second = leases.begin(DRAINING);
    assert.equal(leases.held, second);
    assert.deepEqual(
      put.map((lease) => lease?.kind ?? null),
      ['override', null, 'simulation'],
    );
    assert.ok(second!.lease.sinceWallMs > first!.lease.sinceWallMs, 'told apart by their beginnings');
  });

  test('ends with its time, and not before', async () => {
    const { leases, clock, put } = create();
    const held = leases.begin(CLOSED)!;
    for (let second = 0; second < 55; second += 5) await clock.pass(5_000);
    await clock.pass(4_999);
    assert.equal(held.over.aborted, false);
    assert.deepEqual(
      clock.slept.slice(-2),
      [5_000, 1],
      'never sleeps for long, so that a sleep of the machine is noticed',
    );
    await clock.pass(1);
    assert.equal(await held.ended, 'time');
    assert.equal(held.over.aborted, true);
    assert.equal(leases.held, null);
    assert.deepEqual(put.slice(1), [null]);
  });

  test('ends when the machine slept past its time', async () => {
    const { leases, clock } = create();
    const held = leases.begin(DRAINING)!;
    await clock.pass(5_000, 3_600_000);
    assert.equal(await held.ended, 'time');
  });

  test('ends with its time though the clock is set back', async () => {
    const { leases, clock } = create();
    const held = leases.begin({ ...CLOSED, seconds: 5 })!;
    await clock.pass(5_000, -86_400_000);
    assert.equal(await held.ended, 'time');
  });

  for (const why of ['released', 'connection'] as const) {
    test(`ends once: ${why}`, async () => {
      const { leases, clock, put } = create();
      const held = leases.begin(CLOSED)!;
      held.end(why);
      held.end('agent');
      await clock.pass(3_600_000);
      assert.equal(await held.ended, why);
      assert.deepEqual(put.slice(1), [null]);
    });
  }

  test('that ends late is not the end of the next one', async () => {
    const { leases, clock, put } = create();
    const first = leases.begin(CLOSED)!;
    first.end('connection');
    const second = leases.begin(DRAINING)!;
    first.end('connection');
    await clock.pass(60_000);
    assert.equal(second.over.aborted, false);
    assert.equal(leases.held, second);
    assert.equal(put.at(-1), second.lease);
  });

  test("is left to the agent at the agent's end", () => {
    const { leases, put } = create();
    const held = leases.begin(CLOSED)!;
    held.end('agent');
    assert.equal(held.over.aborted, true);
    assert.equal(put.length, 1);
  });
});
