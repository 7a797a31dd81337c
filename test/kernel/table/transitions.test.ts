// Every transition of the table, in both ownership modes: what is there before, what is asked, what is there after, and
// how many transactions the kernel saw.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Inspection, Ruleset, RulesetEvent } from '../../../src/firewall/ruleset.ts';
import { openFirewallIn, type RemoteFirewall } from '../../fixtures/firewall-process.ts';
import { createNamespace, type Namespace } from '../../fixtures/netns.ts';

type Ownership = 'auto' | 'plain';

const refusing: Ruleset = {
  ports: [
    { first: 80, last: 80 },
    { first: 8000, last: 8100 },
  ],
  allowFrom: ['10.0.0.0/8', 'fd00::/8'],
  includeLoopback: false,
  closing: false,
};
const closing: Ruleset = { ...refusing, closing: true };
const another: Ruleset = {
  ports: [{ first: 443, last: 443 }],
  allowFrom: [],
  includeLoopback: true,
  closing: false,
};

interface Scene {
  readonly namespace: Namespace;
  /** The firewall under test, opened before the scene was set. */
  readonly firewall: RemoteFirewall;
  /** What it will be asked to apply. */
  readonly asked: Ruleset;
}

/** What is there before; each leaves no live owner but the firewall under test. */
const before: Record<string, (scene: Scene) => Promise<void>> = {
  absent: async () => {},
  'plain, the same': ({ namespace, asked }) => leave(namespace, 'plain', asked),
  'plain, another': ({ namespace }) => leave(namespace, 'plain', another),
  'plain, edited': async ({ namespace, asked }) => {
    await leave(namespace, 'plain', asked);
    await namespace.run('nft', ['add rule inet cs-instance-watcher new-connection drop']);
  },
  'plain, with sets and chains of others': async ({ namespace, asked }) => {
    await leave(namespace, 'plain', asked);
    const input = `table inet cs-instance-watcher {
      map ways { type inet_service : verdict; elements = { 22 : jump theirs } }
      chain theirs { tcp dport { 1, 2 } jump { accept; }; }
      chain input { type filter hook input priority 0; policy drop; tcp dport vmap @ways; }
      chain prerouting { policy drop; }
    }`;
    await namespace.run('nft', ['-f', '-'], { input });
  },
  'plain, with objects of others': async ({ namespace, asked }) => {
    await leave(namespace, 'plain', asked);
    await namespace.run('nft', ['add counter inet cs-instance-watcher theirs']);
  },
  'plain, empty but for our mark': async ({ namespace }) => {
    const input = 'table inet cs-instance-watcher { comment "cs-instance-watcher 7 of a later version"\n}';
    await namespace.run('nft', ['-f', '-'], { input });
  },
  'plain, with another priority': async ({ namespace }) => {
    const input = `table inet cs-instance-watcher { comment "cs-instance-watcher 1"
      chain prerouting { type filter hook prerouting priority -5; policy drop; }
    }`;
    await namespace.run('nft', ['-f', '-'], { input });
  },
  'orphan, the same': ({ namespace, asked }) => leave(namespace, 'auto', asked),
  'orphan, another': ({ namespace }) => leave(namespace, 'auto', another),
  'orphan, edited': async ({ namespace, asked }) => {
    await leave(namespace, 'auto', asked);
    await namespace.run('nft', ['add element inet cs-instance-watcher ports { 22 }']);
  },
  'plain, the same but for closing': ({ namespace, asked }) => leave(namespace, 'plain', toggled(asked)),
  'orphan, the same but for closing': ({ namespace, asked }) => leave(namespace, 'auto', toggled(asked)),
  'ours, the same but for closing': async ({ firewall, asked }) =>
    void (await firewall.apply(toggled(asked))),
  'ours, the same': async ({ firewall, asked }) => void (await firewall.apply(asked)),
  'ours, another': async ({ firewall }) => void (await firewall.apply(another)),
};

/** The same ruleset with the closing chain where it has none, and without where it has. */
function toggled(ruleset: Ruleset): Ruleset {
  return { ...ruleset, closing: !ruleset.closing };
}

/** A process applied it and died. */
async function leave(namespace: Namespace, ownership: Ownership, ruleset: Ruleset): Promise<void> {
  const firewall = await openFirewallIn(namespace, { ownership });
  await firewall.apply(ruleset);
  await firewall.kill();
}

function held(ownership: Ownership, asked: Ruleset): Inspection {
  return {
    table: 'ours',
    ownership: ownership === 'auto' ? 'owned' : 'plain',
    holder: ownership === 'auto' ? 'us' : 'nobody',
    ruleset: asked,
    difference: null,
    refused: asked.ports.map(() => 0),
  };
}

/** Where nothing is to be done, by ownership of the firewall under test. */
const unchanged: Record<Ownership, readonly string[]> = {
  auto: ['ours, the same'],
  plain: ['plain, the same', 'ours, the same'],
};

/** Where the table stays and refuses while its contents are replaced, likewise. */
const staying: Record<Ownership, readonly string[]> = {
  auto: [
    'orphan, another',
    'orphan, edited',
    'orphan, the same but for closing',
    'ours, the same but for closing',
    'ours, another',
  ],
  plain: [
    'plain, another',
    'plain, edited',
    'plain, with sets and chains of others',
    'plain, the same but for closing',
    'ours, the same but for closing',
    'ours, another',
  ],
};

/** How many transactions an apply takes. */
function expectedTransactions(ownership: Ownership, name: string): number {
  if (unchanged[ownership].includes(name)) return 0;
  // What cannot go alone is only found once the rest is replaced.
  if (ownership === 'plain' && name === 'plain, with objects of others') return 4;
  return staying[ownership].includes(name) ? 3 : 1;
}

/** Collects what an observer sees of our table until it has seen `count` transactions. */
function observe(observer: RemoteFirewall): { seen: RulesetEvent[]; reached(count: number): Promise<void> } {
  const seen: RulesetEvent[] = [];
  let wake = () => {};
  observer.monitor(
    (event) => {
      seen.push(event);
      wake();
    },
    (error) => assert.fail(error),
  );
  return {
    seen,
    async reached(count) {
      while (seen.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function scenes(): (readonly [Ruleset, string, (scene: Scene) => Promise<void>])[] {
  return [refusing, closing].flatMap((asked) =>
    Object.entries(before).map(([name, prepare]) => [asked, name, prepare] as const),
  );
}

for (const ownership of ['auto', 'plain'] as const) {
  describe(`a firewall with ownership ${ownership}`, () => {
    for (const [asked, name, prepare] of scenes()) {
      const wanted = asked.closing ? 'one that closes too' : 'one that refuses';
      it(`applies ${wanted} and removes it where the table is ${name}`, { timeout: 20_000 }, async () => {
        const namespace = await createNamespace();
        const firewall = await openFirewallIn(namespace, { ownership });
        const observer = await openFirewallIn(namespace, { ownership: 'plain' });
        try {
          await prepare({ namespace, firewall, asked });
          const { seen, reached } = observe(observer);
          // Calls are carried out in order: when this one is answered, the observer listens.
          await observer.inspect();

          assert.deepEqual(await firewall.apply(asked), held(ownership, asked));
          assert.deepEqual(await firewall.inspect(), held(ownership, asked));
          await firewall.remove();
          assert.deepEqual(await firewall.inspect(), { table: 'absent' });

          // The removal is the last: what came before it is what the apply took.
          const transactions = expectedTransactions(ownership, name) + 1;
          await reached(transactions);
          assert.deepEqual(
            seen.map(({ kind }) => kind),
            new Array(transactions).fill('changed'),
          );
        } finally {
          await Promise.all([firewall.kill(), observer.kill()]);
          await namespace.close();
        }
      });

      it(`removes where the table is ${name}, beside ${wanted}`, async () => {
        const namespace = await createNamespace();
        const firewall = await openFirewallIn(namespace, { ownership });
        try {
          await prepare({ namespace, firewall, asked });
          await firewall.remove();
          assert.deepEqual(await firewall.inspect(), { table: 'absent' });
          assert.equal(await namespace.run('nft', ['list', 'ruleset']), '');
        } finally {
          await firewall.kill();
          await namespace.close();
        }
      });
    }

    it('changes nothing where another live process owns the table', async () => {
      const namespace = await createNamespace();
      const owner = await openFirewallIn(namespace, { ownership: 'auto' });
      const firewall = await openFirewallIn(namespace, { ownership });
      try {
        await owner.apply(another);
        const text = await namespace.run('nft', ['list', 'ruleset']);
        const isHeld = { name: 'FirewallError', code: 'table-held' };
        await assert.rejects(firewall.apply(refusing), isHeld);
        await assert.rejects(firewall.apply(another), isHeld);
        await assert.rejects(firewall.remove(), isHeld);
        assert.equal(await namespace.run('nft', ['list', 'ruleset']), text);

        await owner.kill();
        assert.deepEqual(await firewall.apply(refusing), held(ownership, refusing));
      } finally {
        await Promise.all([owner.kill(), firewall.kill()]);
        await namespace.close();
      }
    });
  });
}

it('takes an intact orphan over without touching its chains', async () => {
  const namespace = await createNamespace();
  try {
    await leave(namespace, 'auto', refusing);
    const handles = async () =>
      (await namespace.run('nft', ['-a', 'list', 'ruleset'])).match(/# handle \d+/g);
    const orphaned = await handles();
    const firewall = await openFirewallIn(namespace, { ownership: 'auto' });
    try {
      assert.deepEqual(await firewall.inspect(), { ...held('auto', refusing), holder: 'nobody' });
      assert.deepEqual(await firewall.apply(refusing), held('auto', refusing));
      assert.deepEqual(await handles(), orphaned);
      await assert.rejects(namespace.run('nft', ['delete', 'table', 'inet', 'cs-instance-watcher']));
    } finally {
      await firewall.kill();
    }
  } finally {
    await namespace.close();
  }
});
