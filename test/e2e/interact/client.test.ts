// `cs-interact` as operators have it, against `cs-interact serve` in each dialect: what they write is there, in whatever way
// the dialect lets it be written, and a terminal, a pipe and Ctrl-C are what they are elsewhere.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import type { Dialect } from '../../../src/interaction/contract/instance-metadata.ts';
import { type InteractionApi, keys, startInteractionApi } from '../../fixtures/interaction-api.ts';
import { INTERACT } from '../../fixtures/programs.ts';

/** Runs a command that must succeed, and gives what it printed. */
async function done(api: InteractionApi, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await api.client(args);
  assert.deepEqual([status, stderr], [0, ''], args.join(' '));
  return stdout.replace(/\n$/, '');
}

/** Loads a schedule with the set `night`, of which it tells. */
async function loaded(api: InteractionApi, path: string, ...options: string[]): Promise<string> {
  const { status, stdout, stderr } = await api.client(['schedule', 'load', path, ...options]);
  assert.equal(status, 0, stderr);
  assert.match(
    stderr,
    /^cs-interact: \S+: warning: night: a set: what is in it is stored as \[night\]KEY\n$/,
  );
  return stdout;
}

function serverOf(dialect: Dialect): { readonly api: () => InteractionApi } {
  let api: InteractionApi | undefined;
  before(async () => {
    api = await startInteractionApi(dialect);
    const added = await api.admin('state', 'add', 'i-0aa', '--az', 'eu-west-3a', '--name', 'web-1');
    assert.equal(added.status, 0, added.stderr);
  });
  after(() => api?.close());
  return { api: () => api! };
}

for (const dialect of ['d0', 'd1', 'd2'] as const) {
  describe(`the operators' client and a server of ${dialect}`, () => {
    const { api } = serverOf(dialect);

    it('show the fleet and an instance', async () => {
      const [instance] = JSON.parse(await done(api(), 'fleet', 'list'));
      assert.deepEqual([instance.instanceId, instance.state], ['i-0aa', 'running']);
      assert.equal(JSON.parse(await done(api(), 'fleet', 'status')).autoscaled.managed, 1);
      const { status, stdout } = await api().client(['metadata'], { as: 'instance' });
      assert.deepEqual([status, JSON.parse(stdout).instanceId], [0, 'i-0aa']);
    });

    it('write a configuration key, read it and delete it', async () => {
      await done(api(), 'config', 'set', 'ec2.schedule.min_instance_count', '2');
      assert.equal(await done(api(), 'config', 'get', 'ec2.schedule.min_instance_count'), '2');
      await done(api(), 'config', 'unset', 'ec2.schedule.min_instance_count');
      const { status, stderr } = await api().client(['config', 'get', 'ec2.schedule.min_instance_count']);
      assert.equal(status, 1);
      assert.match(stderr, /Unknown configuration key 'ec2\.schedule\.min_instance_count'!/);
    });

    it('write a key with capitals, which a path would lower', async () => {
      await done(api(), 'config', 'set', 'subfleet.MyFleet.state', 'running');
      assert.equal(await done(api(), 'config', 'get', 'subfleet.MyFleet.state'), 'running');
      assert.equal((await api().client(['config', 'get', 'subfleet.myfleet.state'])).status, 1);
      await done(api(), 'config', 'unset', 'subfleet.MyFleet.state');
      assert.equal((await api().client(['config', 'get', 'subfleet.MyFleet.state'])).status, 1);
    });

    it('write scheduled actions, with capitals or without', async () => {
      await done(api(), 'schedule', 'set', 'nightly', 'cron(0 22 * * ? *),a.b=1');
      await done(api(), 'schedule', 'set', 'Weekly', 'rate(7 days),a.b=2');
      assert.equal(await done(api(), 'schedule', 'get', 'nightly'), 'cron(0 22 * * ? *),a.b=1');
      assert.equal(await done(api(), 'schedule', 'get', 'Weekly'), 'rate(7 days),a.b=2');
      await done(api(), 'schedule', 'unset', 'nightly', 'Weekly');
      assert.deepEqual(JSON.parse(await done(api(), 'schedule', 'list')), {});
    });

    for (const format of ['json', 'yaml']) {
      it(`load a document, and as ${format} what they dumped`, async () => {
        const path = join(api().directory, `document.${format}`);
        const document = { 'a.b': '0010', c: 'é # "x" ', D: "'1'", night: { 'e.f': 'yes' } };
        writeFileSync(path, JSON.stringify(document));
        await loaded(api(), path, '--restore', '--yes');
        writeFileSync(path, await done(api(), 'schedule', 'dump', '--format', format));
        await done(api(), 'schedule', 'unset', 'a.b', 'c');
        const missing = JSON.parse(await loaded(api(), path, '--yes'));
        assert.deepEqual([missing.added.length, missing.unchanged], [2, 2]);
        assert.deepEqual(JSON.parse(await done(api(), 'schedule', 'dump')), document);
        const again = JSON.parse(await loaded(api(), path, '--restore', '--dry-run'));
        assert.deepEqual([again.applied, again.unchanged], [false, 4]);
      });
    }

    it('tell which operations there are, and what the deployment is made of', async () => {
      assert.ok(JSON.parse(await done(api(), 'operations')).includes('configuration'));
      assert.equal(JSON.parse(await done(api(), 'discover')).discovery.GroupName, 'test');
      assert.deepEqual(JSON.parse(await done(api(), 'cloudwatch', 'sentmetrics')), []);
      assert.deepEqual(JSON.parse(await done(api(), 'cloudwatch', 'metriccache')), []);
    });

    it('pass on messages for the queue', async () => {
      const sent = JSON.parse(await done(api(), 'ack-event', '2020-11-17 10:50:59.462776+00:00'));
      assert.equal(sent.queued, 'notify/ackevent');
      assert.equal(JSON.parse(await done(api(), 'report')).queued, 'debug/publishreportnow');
    });

    it(`${dialect === 'd2' ? 'take' : 'refuse'} a ttl, which an older API would leave out`, async () => {
      const { status, stderr } = await api().client(['config', 'set', 'a.ttl', '1', '--ttl', '1h']);
      assert.equal(status, dialect === 'd2' ? 0 : 1, stderr);
      assert.equal((await api().client(['config', 'get', 'a.ttl'])).status, status);
    });
  });
}

describe('the latest dialect', () => {
  const { api } = serverOf('d2');

  it('keeps an instance from being stopped, and no other', async () => {
    const listed = JSON.parse(await done(api(), 'unstoppable', 'add', '--main-fleet', '--for', '2h'));
    assert.deepEqual(
      listed.map(({ instanceId }: { instanceId: string }) => instanceId),
      ['i-0aa'],
    );
    const unknown = await api().client(['unstoppable', 'add', '--instance-id', 'i-0ee']);
    assert.equal(unknown.status, 1);
    const mistyped = await api().client(['unstoppable', 'add', '--name', 'wbe-1']);
    assert.deepEqual(
      [mistyped.status, mistyped.stderr],
      [1, 'cs-interact: nothing matches --name wbe-1: check with cs-interact fleet list\n'],
    );
    assert.deepEqual(JSON.parse(await done(api(), 'unstoppable', 'delete', '--all')), []);
  });

  it('says which part of the address is missing', async () => {
    const { origin } = new URL(api().url);
    for (const path of ['', '/v2/']) {
      const { stderr } = await start(['operations', '--api-url', origin + path]).ended();
      assert.match(stderr, /: the address needs the stage, such as http:\/\/[\d.:]+\/v1\/$/m);
    }
  });

  it('says that it is no instance', async () => {
    const { stderr } = await start(['metadata', '--instance-id', 'i-0aa']).ended();
    assert.match(stderr, /: these credentials are not an instance's: cs-interact fleet list tells/);
  });

  it('reschedules, at once, later or by the queue', async () => {
    assert.match(await done(api(), 'reschedule', '--delay', '1m'), /Reschedule in 60 second\(s\)/);
    assert.equal(JSON.parse(await done(api(), 'reschedule', '--queue')).queued, 'control/reschedulenow');
  });

  it('says what the rules of the key refuse', async () => {
    const { status, stderr } = await start(['fleet', 'list'], { AWS_SECRET_ACCESS_KEY: 'wrong' }).ended();
    assert.equal(status, 1);
    assert.match(stderr, /^cs-interact: fleet\/metadata: status 403: .*signature/);
  });

  function start(args: readonly string[], env: Record<string, string> = {}, program = INTERACT): Running {
    return new Running(program, args, {
      AWS_ACCESS_KEY_ID: keys.operator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.operator.secretAccessKey,
      AWS_REGION: 'eu-west-3',
      CS_INTERACT_API_URL: api().url,
      ...env,
    });
  }

  it('is watched until Ctrl-C, one line a change', async () => {
    const watching = start(['fleet', 'status', '--watch', '1']);
    assert.equal(JSON.parse(await watching.line()).autoscaled.serving, 1);
    assert.equal((await api().admin('state', 'set', 'i-0aa', 'draining')).status, 0);
    assert.equal(JSON.parse(await watching.line()).autoscaled.serving, 0);
    watching.child.kill('SIGINT');
    assert.deepEqual(await watching.ended(), { status: 0, stderr: '' });
    assert.equal((await api().admin('state', 'set', 'i-0aa', 'running')).status, 0);
  });

  it('goes on over a server that is away for a while', async () => {
    const watching = start(['fleet', 'status', '--watch', '1']);
    assert.equal(JSON.parse(await watching.line()).autoscaled.managed, 1);
    await api().restart();
    assert.equal((await api().admin('state', 'add', 'i-0bb', '--az', 'eu-west-3a')).status, 0);
    assert.equal(JSON.parse(await watching.line()).autoscaled.managed, 2);
    watching.child.kill('SIGINT');
    assert.equal((await watching.ended()).status, 0);
  });

  it('is not watched any longer when nobody reads it', async () => {
    const watching = start(['fleet', 'status', '--watch', '1']);
    await watching.line();
    watching.child.stdout!.destroy();
    assert.equal((await api().admin('state', 'set', 'i-0aa', 'draining')).status, 0);
    assert.deepEqual(await watching.ended(), { status: 0, stderr: '' });
    assert.equal((await api().admin('state', 'set', 'i-0aa', 'running')).status, 0);
  });

  for (const [answer, isWritten] of [
    ['y\n', true],
    ['\n', false],
    ['\x03', false],
    ['\x04', false],
  ] as const) {
    it(`asks at a terminal before it loads, and ${JSON.stringify(answer)} is ${isWritten ? 'yes' : 'no'}`, async () => {
      const path = join(api().directory, 'asked.json');
      const value = `v${Math.random()}`;
      writeFileSync(path, JSON.stringify({ asked: value }));
      const command = `${INTERACT} config load ${path}`;
      const terminal = start(['--quiet', '--return', '--command', command, '/dev/null'], {}, 'script');
      await terminal.shows('[y/N] ');
      terminal.child.stdin!.write(answer);
      assert.equal((await terminal.ended()).status, isWritten ? 0 : 1);
      const { status, stdout } = await api().client(['config', 'get', 'asked']);
      assert.equal(status === 0 && stdout === `${value}\n`, isWritten);
    });
  }

  it('shows tables at a terminal, without what would act on it', async () => {
    await done(api(), 'config', 'set', 'evil', '\x1b]0;title\x07');
    const terminal = start(
      ['--quiet', '--return', '--command', `${INTERACT} config dump`, '/dev/null'],
      {},
      'script',
    );
    assert.equal((await terminal.ended()).status, 0);
    assert.match(terminal.shown, /^evil: /m);
    assert.ok(!terminal.shown.includes('\x1b]') && !terminal.shown.includes('\x07'));
    await done(api(), 'config', 'unset', 'evil');
  });
});

/** A program that is talked to while it runs. */
class Running {
  readonly child: ChildProcess;
  /** All that it printed so far. */
  shown = '';
  readonly #closed: Promise<unknown[]>;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  constructor(program: string, args: readonly string[], env: Record<string, string>) {
    const environment = {
      PATH: process.env.PATH,
      TERM: 'dumb',
      HOME: '/nonexistent',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    this.child = spawn(program, args, { env: { ...environment, ...env }, stdio: 'pipe', timeout: 30_000 });
    this.#closed = once(this.child, 'close');
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
    this.child.stdout!.on('data', (chunk: Buffer) => {
      this.shown += chunk.toString('utf8');
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString('utf8');
    });
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done: isOver } = await this.#lines.next();
    if (isOver === true) throw new Error(`it ended before it printed a line: ${this.#stderr}`);
    return value;
  }

  /** Resolves when it has printed a text. */
  async shows(text: string): Promise<void> {
    const deadline = AbortSignal.timeout(20_000);
    while (!this.shown.includes(text)) await once(this.child.stdout!, 'data', { signal: deadline });
  }

  async ended(): Promise<{ readonly status: number | null; readonly stderr: string }> {
    const [status] = await this.#closed;
    return { status: status as number | null, stderr: this.#stderr };
  }
}
