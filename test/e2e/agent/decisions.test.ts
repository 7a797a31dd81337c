// What the API says, and what the ports do: tags, target groups, states, and the operator's options over them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { complaints, Scene, stopsAtOnce } from './scene.ts';
import { says, tags } from './scripted-api.ts';

const EXCLUDED = 'clonesquad:excluded';
const FORCED_IN = 'clonesquad:force-excluded-instance-in-targetgroups';
const IN_TARGET_GROUPS = { TargetGroups: { NbOfTargetGroups: 2, Arns: [] } };

interface Decision {
  readonly name: string;
  readonly state: string;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  readonly refuses: boolean;
  /** Only where more than the state's change is told. */
  readonly line?: RegExp;
}

const DECISIONS: readonly Decision[] = [
  { name: 'draining', state: 'draining', refuses: true, line: /refused: state draining$/ },
  { name: 'stopping', state: 'stopping', refuses: true, line: /refused: state stopping$/ },
  ...['running', 'pending', 'bounced', 'error', 'stopped'].map((state) => ({
    name: state,
    state,
    refuses: false,
  })),
  {
    name: 'excluded: true',
    state: 'running',
    more: tags({ [EXCLUDED]: 'true' }),
    refuses: true,
    line: /refused: tag clonesquad:excluded$/,
  },
  { name: 'excluded: True', state: 'running', more: tags({ [EXCLUDED]: 'True' }), refuses: true },
  ...['TRUE', '1', 'yes', 'false', ' true', ''].map((value) => ({
    name: `excluded: ${JSON.stringify(value)}`,
    state: 'running',
    more: tags({ [EXCLUDED]: value }),
    refuses: false,
  })),
  {
    name: 'excluded, but forced into the target groups',
    state: 'running',
    more: tags({ [EXCLUDED]: 'true', [FORCED_IN]: 'True' }),
    refuses: false,
  },
  {
    name: 'draining, excluded and forced in',
    state: 'draining',
    more: tags({ [EXCLUDED]: 'true', [FORCED_IN]: 'true' }),
    refuses: true,
    line: /refused: state draining$/,
  },
  {
    name: 'both reasons are told',
    state: 'draining',
    more: tags({ [EXCLUDED]: 'true' }),
    refuses: true,
    line: /refused: state draining, tag clonesquad:excluded$/,
  },
  {
    name: 'an unlisted state with the exclusion tag: the tag decides',
    state: 'excluded',
    more: tags({ [EXCLUDED]: 'true' }),
    refuses: true,
    line: /refused: tag clonesquad:excluded$/,
  },
  {
    name: 'a main fleet with target groups is left to AWS',
    state: 'draining',
    more: IN_TARGET_GROUPS,
    refuses: false,
    line: /^left to AWS: .*2 target group\(s\).*--force/,
  },
  {
    name: 'not even its tags decide there',
    state: 'running',
    more: { ...IN_TARGET_GROUPS, ...tags({ [EXCLUDED]: 'true' }) },
    refuses: false,
    line: /^left to AWS: /,
  },
  {
    name: 'with --force it is not',
    state: 'draining',
    more: IN_TARGET_GROUPS,
    args: ['--force'],
    refuses: true,
  },
  {
    name: 'with --force true',
    state: 'draining',
    more: IN_TARGET_GROUPS,
    args: ['--force', 'true'],
    refuses: true,
  },
  {
    name: '--force false is none',
    state: 'draining',
    more: IN_TARGET_GROUPS,
    args: ['--force', 'false'],
    refuses: false,
  },
  {
    name: 'a subfleet with target groups',
    state: 'draining',
    more: { ...IN_TARGET_GROUPS, SubfleetName: 'web' },
    refuses: true,
  },
  {
    name: 'an older server without SubfleetName and TargetGroups',
    state: 'draining',
    more: { SubfleetName: undefined, TargetGroups: undefined, SpotInstance: undefined },
    refuses: true,
  },
  {
    name: '--instance-state draining',
    state: 'running',
    args: ['--instance-state', 'draining'],
    refuses: true,
  },
  {
    name: '--instance-state running',
    state: 'draining',
    args: ['--instance-state', 'running'],
    refuses: false,
  },
];

describe('decisions', { concurrency: 6, timeout: 120_000 }, () => {
  for (const { name, state, more = {}, args = [], refuses, line } of DECISIONS) {
    it(`${refuses ? 'refuses' : 'opens'}: ${name}`, async (t) => {
      const scene = await Scene.create(t);
      scene.api.reply = says(state, more);
      const agent = scene.start(args);
      await scene.api.further(2);
      const told = refuses
        ? await agent.log.waitFor('table-installed')
        : await agent.log.waitFor('state-changed');
      assert.notEqual(told, undefined);
      assert.equal(await scene.hasTable(), refuses);
      assert.equal(agent.log.of('table-installed').length, refuses ? 1 : 0);
      if (line !== undefined) {
        const lines = agent.log.lines.filter(({ message }) => line.test(String(message)));
        assert.equal(lines.length, 1, `${line}, once, in:\n${agent.log.text()}`);
      }
      assert.deepEqual(complaints(agent), []);
      await stopsAtOnce(agent);
      assert.equal(await scene.hasTable(), refuses, 'the end of the agent changes nothing');
    });
  }

  it('follows tags and target groups as they come and go', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start();
    const follow = async (reply: ReturnType<typeof says>, event: string) => {
      const from = agent.log.lines.length;
      scene.api.reply = reply;
      await agent.log.waitFor(event, from);
    };
    await agent.log.waitFor('state-changed');
    await follow(says('running', tags({ [EXCLUDED]: 'true' })), 'table-installed');
    await follow(says('running'), 'table-removed');
    await follow(says('draining'), 'table-installed');
    await follow(says('draining', IN_TARGET_GROUPS), 'table-removed');
    await scene.api.further(3);
    assert.equal(
      agent.log.of('open').filter(({ because }) => because === 'target-groups').length,
      1,
      'said once',
    );
    await follow(says('draining'), 'table-installed');
    assert.deepEqual(complaints(agent), []);
  });

  for (const [stance, event] of [
    ['draining', 'table-installed'],
    ['running', 'state-changed'],
  ] as const) {
    it(`an unlisted state changes nothing while ${stance}, and is said once`, async (t) => {
      const scene = await Scene.create(t);
      scene.api.reply = says(stance);
      const agent = scene.start();
      await agent.log.waitFor(event);
      const before = await scene.ruleset();
      const from = agent.log.lines.length;
      scene.api.reply = says('excluded');
      const began = await agent.log.waitFor('hold-began', from);
      assert.match(
        String(began.message),
        /^state excluded is not one this agent acts on; the ports stay (open|closed)$/,
      );
      await scene.api.further(2);
      assert.equal(await scene.ruleset(), before);
      assert.deepEqual(complaints(agent), [began]);
    });
  }

  it('--max-hold opens the ports when nothing is known for that long', async (t) => {
    const scene = await Scene.create(t);
    scene.api.reply = says('draining');
    const agent = scene.start(['--max-hold', '2']);
    await agent.log.waitFor('table-installed');
    scene.api.reply = (request) => void request.socket.resetAndDestroy();
    await agent.log.waitFor('hold-expired');
    await agent.log.waitFor('table-removed');
    assert.equal(await scene.hasTable(), false);
    scene.api.reply = says('draining');
    const from = agent.log.lines.length;
    await agent.log.waitFor('table-installed', from);
  });

  it('no information about this instance: held, and degraded after ten periods', async (t) => {
    const scene = await Scene.create(t);
    scene.api.reply = says('draining');
    const agent = scene.start();
    await agent.log.waitFor('table-installed');
    scene.api.reply = (_request, response) =>
      response.writeHead(400).end("No information for instance id 'i-0'!");
    const degraded = await agent.log.waitFor('no-information');
    assert.match(String(degraded.message), /^degraded: .* 10 polls$/);
    assert.equal(await scene.hasTable(), true);
  });

  it('without ports only the scripts run', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-say', 'echo "$1 $2"');
    const agent = scene.start(['--on-draining-block-new-connections-to-ports']);
    await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    await agent.log.waitFor(
      ({ event, message }) => event === 'hook-line' && /draining running$/.test(String(message)),
    );
    assert.equal(await scene.ruleset(), '');
    assert.deepEqual(complaints(agent), []);
  });
});
