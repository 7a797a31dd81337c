// The log as a person on call reads it: a line for each change and none else, a story by one id, priorities in the journal.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { LogSchemaCheck } from '../../fixtures/log-schema.ts';
import type { LogLine } from '../../fixtures/log-lines.ts';
import { AGENT, type AgentProcess } from '../../fixtures/programs.ts';
import { Scene, stopsAtOnce } from './scene.ts';
import { answer, says } from './scripted-api.ts';

const check = new LogSchemaCheck();

/** Starts what follows as the journal starts a service: with its standard error's own name in the variable. */
const IN_JOURNAL = ['sh', '-c', 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/stderr) exec "$@"', 'sh'];
const PRIORITIES: Readonly<Record<string, string>> = { error: '<3>', warn: '<4>', info: '<6>', debug: '<7>' };

/** The events of the lines, in order. */
function events(lines: readonly LogLine[]): string[] {
  return lines.map(({ event }) => event ?? '');
}

/** What `grep` by the id shows. */
function storyOf(agent: AgentProcess, { change }: LogLine): LogLine[] {
  return agent.log.lines.filter((line) => JSON.stringify(line).includes(String(change)));
}

describe('the log', { concurrency: 3, timeout: 60_000 }, () => {
  it('has the whole story of a drain under one id, in order', async (t) => {
    const scene = await Scene.create(t);
    scene.script('draining', '10-say', 'echo $CS_TRANSITION_ID');
    scene.script('drained', '10-say', 'echo $CS_TRANSITION_ID');
    const agent = scene.start(['--table-ownership', 'plain']);
    const began = await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    const drain = await agent.log.waitFor('state-changed', agent.log.lines.indexOf(began) + 1);
    await agent.log.waitFor('table-installed');
    await scene.namespace.run('nft', ['delete', 'table', 'inet', 'cs-instance-watcher']);
    const restored = await agent.log.waitFor('table-restored');
    await agent.log.waitFor(
      ({ event, script }) => event === 'hook-finished' && /drained/.test(String(script)),
    );
    await agent.log.waitFor(
      'hook-completed',
      agent.log.lines.findLastIndex((l) => l.event === 'hook-finished'),
    );
    scene.api.reply = says('running');
    const end = await agent.log.waitFor('table-removed');
    await stopsAtOnce(agent);

    const story = storyOf(agent, drain);
    assert.equal(restored.change, drain.change);
    const scripts = ['hook-started', 'hook-line', 'hook-finished', 'hook-completed'];
    // Scripts, counts and the watch over the table have each a pace of their own.
    const of = (...wanted: string[]): string[] => events(story).filter((event) => wanted.includes(event));
    assert.deepEqual(events(story).slice(0, 3), ['state-changed', 'refusing', 'table-installed']);
    assert.deepEqual(of(...scripts), [...scripts, ...scripts]);
    assert.deepEqual(of('drained', 'hook-started'), ['hook-started', 'drained', 'hook-started']);
    assert.deepEqual(of('table-installed', 'table-restored'), ['table-installed', 'table-restored']);
    const rest = ['state-changed', 'refusing', 'table-installed', 'table-restored', 'drained', 'connections'];
    const others = events(story).filter((event) => ![...rest, ...scripts].includes(event));
    assert.deepEqual(others, []);
    const printed = story.filter(({ event }) => event === 'hook-line').map(({ message }) => message);
    assert.ok(printed.length === 2 && printed.every((text) => text?.endsWith(`: ${drain.change}`)));

    assert.deepEqual(
      events(storyOf(agent, end)).filter((event) => !/^hook-/.test(event)),
      ['state-changed', 'open', 'table-removed'],
    );
    const without = agent.log.lines.filter((line) => line.change === undefined);
    assert.deepEqual([...new Set(events(without))].sort(), ['polled', 'started', 'stopped']);
    check.assertAll(agent.log.lines);
  });

  it('has a time-out, what was closed and its scripts under the same id', async (t) => {
    const scene = await Scene.create(t);
    scene.script('drained', '10-say', 'echo $CS_DRAINED $CS_CONNECTIONS_LEFT');
    const connection = scene.namespace.spawn(process.execPath, [
      '-e',
      "const net = require('net'); net.createServer((s) => s.on('error', () => {})).listen(8001, '127.0.0.1', () => net.connect(8001, '127.0.0.1', () => console.log('connected')).on('error', () => {}))",
    ]);
    t.after(() => void connection.kill());
    await once(connection.stdout!, 'data');
    const agent = scene.start(['--include-loopback', '--drain-timeout', '2', '--on-drain-timeout', 'close']);
    const began = await agent.log.waitFor('state-changed');
    scene.api.reply = says('draining');
    const drain = await agent.log.waitFor('state-changed', agent.log.lines.indexOf(began) + 1);
    await agent.log.waitFor('connections-closed');
    await agent.log.waitFor(
      ({ event, script }) => event === 'hook-finished' && /drained/.test(String(script)),
    );
    await stopsAtOnce(agent);
    const story = events(storyOf(agent, drain));
    const inOrder = ['drain-timeout', 'table-installed', 'connections-closed', 'hook-line', 'hook-finished'];
    const from = story.indexOf('drain-timeout');
    assert.deepEqual(
      story.slice(from).filter((event) => inOrder.includes(event)),
      inOrder,
      agent.log.text(),
    );
    const installed = agent.log.of('table-installed').map(({ closing }) => closing);
    assert.deepEqual(installed, [false, true]);
    check.assertAll(agent.log.lines);
  });

  it('has no line at info for a poll that finds nothing new, one at debug', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start();
    const uneventful = async (polls: number): Promise<void> => {
      const from = agent.log.lines.length;
      await scene.api.further(polls);
      // The answer to the last but one has been acted on.
      const lines = agent.log.lines.slice(from);
      const shown = lines.filter(({ level }) => level !== 'debug');
      assert.deepEqual(shown, []);
      const polled = lines.filter(({ event }) => event === 'polled');
      assert.ok(polled.length >= polls - 1, `${polled.length} of ${polls} polls at debug`);
    };
    await agent.log.waitFor('state-changed');
    await uneventful(3);
    scene.api.reply = says('draining');
    await agent.log.waitFor('drained');
    await agent.log.waitFor('hook-completed', agent.log.lines.indexOf(agent.log.of('drained')[0]!));
    await uneventful(2);
    scene.api.reply = answer(500, 'broken');
    await agent.log.waitFor('hold-began');
    await uneventful(2);
    check.assertAll(agent.log.lines);
  });

  for (const format of ['json', 'text']) {
    it(`carries its priorities where standard error is the journal: ${format}`, async (t) => {
      const scene = await Scene.create(t);
      const agent = scene.start(['--log-format', format], { wrapper: IN_JOURNAL });
      await agent.log.waitFor(({ message }) => /state-changed/.test(message ?? ''));
      scene.api.reply = answer(500, 'broken');
      await agent.log.waitFor(({ message }) => /hold-began/.test(message ?? ''));
      await stopsAtOnce(agent);
      const levels = new Set<string>();
      // A line that is no JSON, as none is with its priority, is kept as its message.
      for (const { message = '' } of agent.log.lines) {
        const shown = /^<\d>\S* ?(DEBUG|INFO|WARN|ERROR)/.exec(message)?.[1]?.toLowerCase();
        const level = format === 'text' ? shown : JSON.parse(message.slice(3)).level;
        assert.equal(message.slice(0, 3), PRIORITIES[level ?? '']);
        levels.add(level!);
      }
      assert.deepEqual([...levels].sort(), ['debug', 'info', 'warn']);
    });
  }

  it('carries them for the one line of a configuration that cannot be followed', async (t) => {
    const scene = await Scene.create(t);
    const [shell, ...words] = IN_JOURNAL;
    const { status, stderr } = await scene.try(shell!, [...words, AGENT, '--log-level', 'loud']);
    assert.equal(status, 2);
    assert.match(stderr, /^<3>cs-instance-watcher: .*\n$/);
  });
});
