// The loop over a fake kernel and a source that answers when told: what is done, in which order, and what it costs to be disturbed.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { FakeFirewall, FakeKernel } from '../../../src/firewall/fake-firewall.ts';
import { hostClock } from '../../../src/watcher/clock.ts';
import { adopt } from '../../../src/watcher/domain/adopt.ts';
import type { Answer } from '../../../src/watcher/domain/answer.ts';
import { type Agent, startAgent } from '../../../src/watcher/loop.ts';
import type { AgentPorts, Reporter, Settings } from '../../../src/watcher/ports.ts';
import { CONFIG, RULESET } from './domain/cycle.ts';

const DEADLINE_MS = 5_000;

/** An agent whose every effect is written down as a word in `did`. */
class Subject {
  readonly kernel = new FakeKernel();
  readonly did: string[] = [];
  readonly troubles = new Map<string, string | null>();
  /** Who is said to have made each restoration necessary. */
  readonly blamed: (string | null)[] = [];
  readonly ending = new AbortController();
  #answer: ((answer: Answer) => void) | null = null;
  #waiting: (() => void)[] = [];
  readonly firewall: FakeFirewall;
  readonly agent: Agent;

  constructor(options: { pollPeriodMs?: number; ownership?: 'auto' | 'plain' } = {}) {
    this.settings = { ...this.settings, pollPeriodMs: options.pollPeriodMs ?? 60_000 };
    this.firewall = new FakeFirewall(this.kernel, { ownership: options.ownership ?? 'auto' });
    const reporter: Reporter = {
      announce: ({ event }) => this.note(event),
      tableInstalled: (_ruleset, restoring, by) => {
        if (restoring !== null) this.blamed.push(by?.command ?? null);
        this.note(restoring === null ? 'installed' : 'restored');
      },
      tableRemoved: () => this.note('removed'),
      connections: (count) => this.note(count.known ? `left ${count.total}` : 'left unknown'),
      connectionsClosed: ({ closed }) => this.note(`closed ${closed}`),
      changeBegan: () => {},
      polled: () => {},
      degraded: (part, problem) => {
        this.troubles.set(part, problem);
        if (problem !== null) this.note(`degraded ${part}`);
      },
      settled: () => {},
    };
    const ports: AgentPorts = {
      firewall: this.firewall,
      clock: hostClock,
      random: () => 0,
      record: { save: (record) => this.note(`record ${record.desired}`) },
      hooks: {
        submit: ({ from, to, env }) =>
          this.note(`hooks ${from}->${to}${to === 'drained' ? ` ${env.CS_DRAINED}` : ''}`),
      },
      reporter,
      watchdog: { feed: () => {} },
      newId: () => 'id',
    };
    this.agent = startAgent(adopt(null, { table: 'absent' }), this.settings, ports, this.ending.signal);
  }

  settings: Settings = {
    plan: CONFIG,
    signals: null,
    pollPeriodMs: 60_000,
    source: {
      // Each poll waits for the test to say what the API answers.
      poll: ({ signal }) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          this.#answer = resolve;
          this.note('poll');
        }),
      forgetSession: () => {},
      describe: () => ({ apiUrl: null, group: null, region: null, instanceId: null, contextAgeMs: null }),
    },
  };

  note(word: string): void {
    this.did.push(word);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Waits until the words, in this order, are the last ones done. Polls and counts, which have a pace of their own, are left out. */
  async until(...words: string[]): Promise<void> {
    const last = (): string =>
      this.did
        .filter((word) => !/^(poll|left)/.test(word))
        .slice(-words.length)
        .join();
    await this.#holds(() => last() === words.join(), words);
  }

  /** Waits until the word has been done `times` times. */
  async untilDone(word: string, times: number): Promise<void> {
    await this.#holds(() => this.did.filter((done) => done === word).length >= times, [word]);
  }

  async #holds(condition: () => boolean, words: readonly string[]): Promise<void> {
    const endsAt = performance.now() + DEADLINE_MS;
    while (!condition()) {
      assert.ok(performance.now() < endsAt, `waiting for ${words.join(', ')}; it did ${this.did.join(', ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The API answers the poll under way with this state. */
  answer(state: string): void {
    this.answerWith({
      kind: 'known',
      instanceId: 'i-1',
      state,
      tags: {},
      subfleetName: null,
      targetGroups: null,
    });
  }

  answerWith(answer: Answer): void {
    this.#answer?.(answer);
  }
}

describe('the loop', () => {
  let subject: Subject;
  const start = (options?: ConstructorParameters<typeof Subject>[0]): Subject => {
    subject = new Subject(options);
    return subject;
  };
  afterEach(async () => {
    subject.ending.abort();
    await subject.agent.ended;
  });

  test('polls at once, and a drain closes before anything is told or run', async () => {
    const { kernel } = start({ pollPeriodMs: 20 });
    await subject.untilDone('poll', 1);
    subject.answer('running');
    await subject.until('record open', 'state-changed', 'open');
    await subject.untilDone('poll', 2);
    subject.answer('draining');
    await subject.until('hooks running->draining', 'record refuse', 'state-changed', 'refusing', 'installed');
    assert.deepEqual(kernel.table?.ruleset, RULESET);
    await subject.untilDone('poll', 3);
    subject.answer('running');
    await subject.until('hooks draining->running', 'record open', 'state-changed', 'open', 'removed');
    assert.equal(kernel.table, null);
  });

  /** A drain in place, and the next poll hanging. */
  const drain = async (options?: ConstructorParameters<typeof Subject>[0]): Promise<Subject> => {
    start(options);
    await subject.untilDone('poll', 1);
    subject.answer('draining');
    await subject.until('installed');
    return subject;
  };

  test('a drain is complete when nothing was left twice, a second apart', async () => {
    const { did } = await drain();
    await subject.until('hooks draining->drained complete', 'record refuse', 'drained');
    assert.equal(did.filter((word) => word === 'left 0').length, 2);
  });

  test('what cannot be counted is never drained', async () => {
    start();
    subject.kernel.connections = { known: false, reason: 'no permission' };
    await subject.untilDone('poll', 1);
    subject.answer('draining');
    await subject.untilDone('left unknown', 3);
    assert.equal(subject.did.includes('drained'), false);
  });

  /** How often nobody was left, between the table's latest coming and the drain's end. */
  const emptyCounts = (since: string): number => {
    const { did } = subject;
    const from = did.lastIndexOf(since);
    return did.slice(from, did.lastIndexOf('drained')).filter((word) => word === 'left 0').length;
  };

  test('a removal that was done and could not be read back is told by the next look', async () => {
    const { firewall, troubles } = await drain({ pollPeriodMs: 20 });
    const { remove } = firewall;
    firewall.remove = async () => {
      firewall.remove = remove;
      await remove.call(firewall);
      throw new Error('remove: no buffer space');
    };
    await subject.untilDone('poll', 2);
    subject.answer('running');
    await subject.untilDone('degraded firewall', 1);
    assert.equal(subject.did.includes('removed'), false);
    await subject.untilDone('poll', 3);
    subject.answer('running');
    await subject.untilDone('removed', 1);
    assert.equal(troubles.get('firewall'), null);
  });

  test('what was counted before the table was put back says nothing', async () => {
    const { kernel } = await drain({ ownership: 'plain' });
    await subject.untilDone('left 0', 1);
    kernel.flushRuleset();
    await subject.untilDone('restored', 1);
    await subject.untilDone('drained', 1);
    assert.equal(emptyCounts('restored'), 2);
  });

  test('what was counted on other ports says nothing', async () => {
    const { settings } = await drain();
    await subject.untilDone('left 0', 1);
    const ruleset = { ...RULESET, ports: [{ first: 443, last: 443 }] };
    subject.agent.reload({ ...settings, plan: { ...settings.plan, ruleset } });
    await subject.untilDone('installed', 2);
    await subject.untilDone('drained', 1);
    assert.equal(emptyCounts('installed'), 2);
  });

  test('nobody is left while the table is gone: not drained', async () => {
    const { kernel } = await drain({ ownership: 'plain' });
    await subject.untilDone('left 0', 1);
    // Gone without an event, as behind a monitor that was lost.
    kernel.table = null;
    await subject.untilDone('restored', 1);
    assert.equal(subject.did.includes('drained'), false);
    await subject.untilDone('drained', 1);
    assert.equal(emptyCounts('restored'), 2);
  });

  test('a reload while the table is looked at is one replacement, and no restoration', async () => {
    const { kernel, firewall, settings } = await drain();
    const before = kernel.transactions.length;
    const looking = Promise.withResolvers<void>();
    const going = Promise.withResolvers<void>();
    const { inspect } = firewall;
    firewall.inspect = async () => {
      looking.resolve();
      await going.promise;
      return inspect.call(firewall);
    };
    subject.agent.lease(null);
    await looking.promise;
    const ruleset = { ...RULESET, ports: [{ first: 443, last: 443 }] };
    subject.agent.reload({ ...settings, plan: { ...settings.plan, ruleset } });
    going.resolve();
    await subject.untilDone('installed', 2);
    await subject.untilDone('drained', 1);
    assert.deepEqual(kernel.table?.ruleset, ruleset);
    assert.equal(kernel.transactions.length, before + 1);
    assert.equal(subject.did.includes('restored'), false);
  });

  test('that connections could not be closed is no trouble any more once the drain is over', async () => {
    const { settings, firewall, troubles } = start({ pollPeriodMs: 20 });
    subject.kernel.connections = { known: true, perRange: [1], total: 1, idle: 0 };
    firewall.destroy = () => Promise.reject(new Error('not here'));
    const closing = { drainTimeoutMs: 1, onDrainTimeout: 'close' } as const;
    subject.agent.reload({ ...settings, plan: { ...settings.plan, ...closing } });
    await subject.untilDone('poll', 2);
    subject.answer('draining');
    // In either order: a count may be what tells that the time is over, and then the next cycle closes.
    await subject.untilDone('degraded closing', 1);
    await subject.untilDone('drain-timeout', 1);
    assert.equal(troubles.get('closing'), 'not here');
    await subject.untilDone('poll', 3);
    subject.answer('running');
    await subject.untilDone('removed', 1);
    await subject.untilDone('poll', 4);
    assert.equal(troubles.get('closing'), null);
  });

  test('a table taken away while a poll hangs is put back without waiting for the answer', async () => {
    const { kernel } = await drain({ pollPeriodMs: 20, ownership: 'plain' });
    kernel.flushRuleset();
    await subject.until('restored');
    assert.deepEqual(kernel.table?.ruleset, RULESET);
  });

  test('a count that takes for ever keeps nothing from being put back', async () => {
    start({ ownership: 'plain' });
    subject.firewall.connections = () => new Promise(() => {});
    await subject.untilDone('poll', 1);
    subject.answer('draining');
    await subject.until('installed');
    subject.kernel.flushRuleset();
    await subject.until('restored');
  });

  test('whoever keeps taking it away is fought twenty times, then once per poll', async () => {
    const { kernel, did } = await drain({ ownership: 'plain' });
    for (let restored = 1; restored <= 20; restored++) {
      kernel.flushRuleset();
      await subject.untilDone('restored', restored);
    }
    assert.ok(did.includes('degraded table'));
    kernel.flushRuleset();
    // An absence takes its time to be seen: a look would come within 50 ms.
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(kernel.table, null);
    subject.agent.reload(subject.settings);
    await subject.untilDone('restored', 21);
  });

  test('who puts a table of others in place of ours is told, and nobody who changes that one later', async () => {
    const { kernel, troubles } = await drain({ pollPeriodMs: 20, ownership: 'plain' });
    kernel.addForeignTable();
    await subject.untilDone('degraded firewall', 1);
    assert.match(troubles.get('firewall')!, /^a table .* in the way, put there by nft \(pid 4242\), nothing/);
    kernel.announce(null, { kind: 'changed', pid: 7, command: 'its-owner' });
    const polls = subject.did.filter((word) => word === 'poll').length;
    subject.answer('draining');
    await subject.untilDone('poll', polls + 1);
    subject.answer('draining');
    await subject.untilDone('poll', polls + 2);
    assert.match(troubles.get('firewall')!, /put there by nft \(pid 4242\)/);
  });

  test('who takes it away while it is put back is told of the next time', async () => {
    const { kernel, firewall, blamed } = await drain({ ownership: 'plain' });
    const { apply } = firewall;
    firewall.apply = async (ruleset) => {
      const applied = await apply.call(firewall, ruleset);
      if (blamed.length === 0) kernel.flushRuleset('another');
      return applied;
    };
    kernel.flushRuleset('one');
    await subject.untilDone('restored', 2);
    assert.deepEqual(blamed, ['one', 'another']);
  });

  test('who puts it there is told also where a poll saw it before the monitor did', async () => {
    const { kernel, firewall, settings, troubles } = await drain({ ownership: 'plain' });
    const { inspect } = firewall;
    kernel.table = {
      ruleset: null,
      comment: null,
      ownership: 'plain',
      owner: null,
      difference: null,
      refused: [],
    };
    firewall.inspect = async () => {
      const found = await inspect.call(firewall);
      setTimeout(() => kernel.announce(null, { kind: 'changed', pid: 7, command: 'nft' }), 1);
      return found;
    };
    subject.agent.reload(settings);
    await subject.untilDone('degraded firewall', 1);
    assert.match(troubles.get('firewall')!, /put there by nft \(pid 7\)/);
  });

  test('who did something that needed nothing is not blamed for what comes later', async () => {
    const { kernel, firewall, settings, blamed } = await drain({ ownership: 'plain' });
    const { inspect } = firewall;
    firewall.inspect = async () => {
      const found = await inspect.call(firewall);
      subject.note('looked');
      return found;
    };
    kernel.announce(null, { kind: 'changed', pid: 7, command: 'passer-by' });
    await subject.untilDone('looked', 1);
    // Gone without an event, as behind a monitor that was lost.
    kernel.table = null;
    subject.agent.reload(settings);
    await subject.untilDone('restored', 1);
    assert.deepEqual(blamed, [null]);
  });

  test('who took the table away is told also where a poll saw it before the monitor did', async () => {
    const { kernel, firewall, settings, blamed } = await drain({ ownership: 'plain' });
    const { apply } = firewall;
    firewall.apply = async (ruleset) => {
      const applied = await apply.call(firewall, ruleset);
      setTimeout(() => kernel.announce(null, { kind: 'changed', pid: 7, command: 'nft' }), 1);
      return applied;
    };
    kernel.table = null;
    subject.agent.reload(settings);
    await subject.untilDone('restored', 1);
    assert.deepEqual(blamed, ['nft']);
  });

  describe('what somebody did to the table is told once it is mended', () => {
    const refused = (): Promise<never> => Promise.reject(new Error('no buffer space'));

    /** The next call of it fails; with `isDone`, after it was done. */
    const spoil = (operation: 'inspect' | 'apply', isDone = false): void => {
      const { firewall } = subject;
      const perform = firewall[operation] as (...args: unknown[]) => Promise<never>;
      Object.assign(firewall, {
        [operation]: async (...args: unknown[]) => {
          Object.assign(firewall, { [operation]: perform });
          subject.note(`${operation} fails`);
          if (isDone) await perform.apply(firewall, args);
          return refused();
        },
      });
    };

    const rows: readonly [string, () => void, readonly string[]][] = [
      ['the table could not be read', () => spoil('inspect'), ['inspect fails']],
      ['the first attempt failed', () => spoil('apply'), ['apply fails']],
      [
        'the first attempt, which was done, could not be read back',
        () => spoil('apply', true),
        ['apply fails'],
      ],
      [
        'it could not be read, and the first attempt failed',
        () => {
          spoil('inspect');
          spoil('apply');
        },
        ['inspect fails', 'apply fails'],
      ],
    ];
    for (const [name, fail, fails] of rows) {
      test(`though ${name}`, async () => {
        const { kernel, settings, blamed, did } = await drain({ ownership: 'plain' });
        fail();
        kernel.editTable('a rule is missing', 'nft');
        for (const word of fails) await subject.untilDone(word, 1);
        // As a poll would have it look again.
        if (fails.includes('apply fails')) {
          await subject.untilDone('degraded firewall', 1);
          subject.agent.reload(settings);
        }
        await subject.untilDone('restored', 1);
        assert.deepEqual(blamed, ['nft']);
        assert.equal(did.filter((word) => word === 'installed').length, 1);
        assert.deepEqual(kernel.table?.ruleset, RULESET);
      });
    }

    test('though a table of others stood in its place: by who put that there, not by who took it away', async () => {
      const { kernel, settings, blamed } = await drain({ ownership: 'plain' });
      kernel.addForeignTable();
      await subject.untilDone('degraded firewall', 1);
      kernel.flushRuleset('its-owner');
      subject.agent.reload(settings);
      await subject.untilDone('restored', 1);
      assert.deepEqual(blamed, ['nft']);
    });

    test('and not where a table that could not be read was changed by nobody', async () => {
      const { settings, blamed } = await drain({ ownership: 'plain' });
      spoil('inspect');
      subject.agent.reload(settings);
      await subject.untilDone('installed', 2);
      assert.deepEqual(blamed, []);
    });

    test('and not of the next table, when it was not mended before its drain was over', async () => {
      const { kernel, firewall, blamed } = await drain({ ownership: 'plain', pollPeriodMs: 20 });
      const { apply } = firewall;
      firewall.apply = refused;
      kernel.editTable('a rule is missing', 'nft');
      await subject.untilDone('degraded firewall', 1);
      await subject.untilDone('poll', 2);
      subject.answer('running');
      await subject.untilDone('removed', 1);
      firewall.apply = apply;
      await subject.untilDone('poll', 3);
      subject.answer('draining');
      await subject.untilDone('installed', 2);
      assert.deepEqual(blamed, []);
    });
  });

  test('a table that somebody took away just as it was to go is watched no more', async () => {
    const { kernel } = await drain({ ownership: 'plain', pollPeriodMs: 20 });
    await subject.untilDone('poll', 2);
    // Gone without an event, as behind a monitor that is slow.
    kernel.table = null;
    subject.answer('running');
    await subject.untilDone('removed', 1);
    assert.equal(kernel.listeners.size, 0);
  });

  test('without permission it lives on: scripts run, and the firewall is tried again with the next answer', async () => {
    const { kernel } = start({ pollPeriodMs: 20 });
    kernel.permitted = false;
    await subject.untilDone('poll', 1);
    subject.answer('running');
    await subject.until('record open', 'state-changed', 'open');
    await subject.untilDone('poll', 2);
    subject.answer('draining');
    await subject.until(
      'degraded firewall',
      'hooks running->draining',
      'record refuse',
      'state-changed',
      'refusing',
    );
    kernel.permitted = true;
    await subject.untilDone('poll', 3);
    subject.answer('draining');
    await subject.until('installed');
  });

  test('new settings while refusing are one replacement', async () => {
    const { kernel, settings } = await drain();
    const before = kernel.transactions.length;
    const ruleset = { ...RULESET, ports: [{ first: 8000, last: 8100 }] };
    subject.agent.reload({ ...settings, plan: { ...settings.plan, ruleset } });
    await subject.untilDone('installed', 2);
    assert.deepEqual(kernel.table?.ruleset, ruleset);
    assert.equal(kernel.transactions.length, before + 1);
  });

  test('ending leaves the table', async () => {
    const { kernel } = await drain();
    subject.ending.abort();
    await subject.agent.ended;
    assert.deepEqual(kernel.table?.ruleset, RULESET);
  });
});
