// The commands that feed a running server, against one in this process: what they print, and how they end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstat, mkdtemp, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { CommandContext } from '../../../../src/commands/interact/command-context.ts';
import { runInteract } from '../../../../src/commands/interact/program.ts';
import { parseTimestamp } from '../../../../src/interaction/contract/timestamps.ts';
import { startAdminListener } from '../../../../src/interaction/server/admin/listener.ts';
import { openSqliteStore } from '../../../../src/interaction/server/store/sqlite-store.ts';

interface Run {
  readonly status: number;
  readonly printed: string;
  readonly warned: string;
}

/** One thing, or a list of them. */
type Shown = Readonly<Record<string, unknown>>;

interface Operator {
  readonly directory: string;
  readonly socket: string;
  run(args: readonly string[], options?: { isTerminal?: boolean; input?: string }): Promise<Run>;
  /** What a run printed, read as JSON. Fails the test unless it ended with 0. */
  json(args: readonly string[], input?: string): Promise<Shown>;
}

/** An operator on the host of a server whose store is empty. */
async function startOperator(test: TestContext): Promise<Operator> {
  const directory = await mkdtemp(join(tmpdir(), 'cs-operator-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  const store = await openSqliteStore({ path: ':memory:', group: 'test' });
  test.after(() => store.close());
  const socket = join(directory, 'admin.sock');
  const listener = await startAdminListener(socket, { store, deployment: { group: 'test' } }, assert.ifError);
  test.after(() => listener.close());
  return operatorAt(directory, socket);
}

function operatorAt(directory: string, socket: string): Operator {
  const run: Operator['run'] = async (args, { isTerminal = false, input = '' } = {}) => {
    const printed: string[] = [];
    const warned: string[] = [];
    const context: CommandContext = {
      version: '0',
      env: {},
      signal: new AbortController().signal,
      readerGone: new AbortController().signal,
      isTerminal,
      input: { read: async () => input, ask: async () => null },
      print: (line) => void printed.push(line),
      warn: (line) => void warned.push(line),
      explain: () => {},
    };
    const status = await runInteract([...args, '--admin-socket', socket], context);
    return { status, printed: printed.join('\n'), warned: warned.join('\n') };
  };
  return {
    directory,
    socket,
    run,
    async json(args, input) {
      const { status, printed, warned } = await run(args, input === undefined ? {} : { input });
      assert.equal(status, 0, warned);
      return JSON.parse(printed);
    },
  };
}

describe('state', () => {
  it('adds, changes, sets and removes', async (test) => {
    const { json, run } = await startOperator(test);
    const added = await json([
      ...['state', 'add', 'i-0ab', '--name', 'web', '--az-issues', '--tag', 'a=b=c', '--tag', 'd='],
      ...['--target-group-arn', 'arn:a', '--target-group-arn', 'arn:b', '--ec2-state', 'pending'],
      '--spot-interrupted',
    ]);
    assert.ok(Math.abs(parseTimestamp(String(added.spotInterruptedAt))! - Date.now()) < 60_000, 'now');
    assert.deepEqual(added, {
      id: 'i-0ab',
      name: 'web',
      type: 'unknown',
      az: 'unknown',
      azIssues: true,
      ec2State: 'pending',
      scalingState: null,
      state: 'pending',
      status: 'unknown',
      subfleet: null,
      spot: true,
      spotInterruptedAt: added.spotInterruptedAt,
      spotRebalanceRecommendedAt: null,
      tags: { a: 'b=c', d: '' },
      targetGroups: 2,
      targetGroupArns: ['arn:a', 'arn:b'],
    });
    const again = await run(['state', 'add', 'i-0ab']);
    assert.equal(again.status, 1);
    assert.match(again.warned, /^i-0ab is already known: .*--replace.*cs-interact state change/);

    const set = await json(['state', 'set', 'i-0ab', 'draining', '--for', '1h30m']);
    assert.equal(set.state, 'draining');
    assert.ok(Math.abs(Number(set.scalingStateEndsAtS) - Date.now() / 1000 - 5_400) < 60);
    const until = await run(['state', 'list'], { isTerminal: true });
    assert.match(until.printed, / UNTIL\n.* {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00$/);
    await json(['state', 'set', 'i-0ab', 'draining']);
    await json(['state', 'change', 'i-0ab', '--ec2-state', 'pending']);
    const changed = await json([
      ...['state', 'change', 'i-0ab', '--tag', 'd=e', '--untag', 'a', '--status', 'ok', '--no-az-issues'],
      ...['--no-spot', '--name', '', '--target-groups', '7'],
    ]);
    assert.deepEqual(changed, {
      ...added,
      ...{ name: null, azIssues: false, state: 'draining', scalingState: 'draining', status: 'ok' },
      ...{ spot: false, spotInterruptedAt: null, tags: { d: 'e' }, targetGroups: 7, targetGroupArns: [] },
      ec2State: 'pending',
    });
    assert.deepEqual(await json(['state', 'get']), [changed]);
    assert.deepEqual(await json(['state', 'get', 'i-0ab']), changed);
    const table = await run(['state', 'get'], { isTerminal: true });
    assert.equal(
      table.printed,
      'INSTANCE  STATE     STATUS  NAME  SUBFLEET\ni-0ab     draining  ok      -     -',
    );
    const replaced = await json(['state', 'add', 'i-0ab', '--state', 'bounced', '--replace']);
    assert.deepEqual([replaced.state, replaced.tags], ['bounced', {}]);
    await json(['state', 'remove', 'i-0ab']);
    assert.deepEqual(await json(['state', 'get']), []);
  });

  const refused: [string[], number, RegExp][] = [
    [
      ['set', 'i-0ab', 'drainning'],
      2,
      /^"drainning" is no state: did you mean draining\? Expected .*--unlisted$/,
    ],
    [['set', 'i-0ab', 'x'], 2, /^"x" is no state: expected one of pending, .*, or any with --unlisted$/],
    [
      ['add', 'i-0cd', '--state', 'Draining'],
      2,
      /^"Draining" is no state: did you mean draining\?.*excluded$/,
    ],
    [['set', 'i-0ff', 'draining'], 1, /^i-0ff is not known$/],
    [['set', 'i-0ab', 'draining', '--for', '0.5s'], 2, /--for.*is not a whole number of seconds/],
    [['set', 'i-0ab', 'running', '--for', '1h'], 1, /^ttl: /],
    [['get', 'i-0ff'], 1, /^i-0ff is not known$/],
    [['add', 'x'], 1, /^id: expected an id such as i-0ab12$/],
    [['add', 'i-0', '--tag', '=x'], 2, /Expected KEY=VALUE/],
    [['add', 'i-0', '--target-groups', '1', '--target-group-arn', 'a'], 2, /cannot be used with/],
    [['add', 'i-0', '--spot-rebalance', 'soon'], 2, /Expected e\.g\. 2030/],
    [['add', 'i-0', '--ec2-state', 'draining'], 2, /Allowed choices are pending/],
    [['change', 'i-0ab'], 2, /^nothing to change: give the options/],
    [['change', 'i-0ff', '--spot'], 1, /^i-0ff is not known$/],
    [['remove', 'i-0ff'], 1, /^i-0ff is not known$/],
  ];
  for (const [args, status, message] of refused) {
    it(`refuses ${args.join(' ')}`, async (test) => {
      const { json, run } = await startOperator(test);
      await json(['state', 'add', 'i-0ab']);
      const { status: ended, warned } = await run(['state', ...args]);
      assert.equal(ended, status);
      assert.match(warned, message);
    });
  }
});

describe('event', () => {
  it('adds one that ends after five minutes or when told, shows and removes it', async (test) => {
    const { json, run } = await startOperator(test);
    const before = Math.ceil(Date.now() / 1000);
    const date = '2020-11-17 10:50:59.462776+00:00';
    const options = ['--source', 's', '--input', '{"a": 1}', '--output-data', '2', '--exception', 'e'];
    const event = await json(['event', 'add', '--type', 't', '--date', date, ...options]);
    const expiry = Number(event.ExpirationTime);
    assert.ok(expiry >= before + 300 && expiry <= before + 360);
    assert.deepEqual(event, {
      EventDate: date,
      EventType: 't',
      EventSource: 's',
      InputData: '{"a": 1}',
      OutputData: '2',
      HandledException: 'e',
      ExpirationTime: event.ExpirationTime,
    });
    const now = await json(['event', 'add', '--type', 'u', '--expires-in', '2d']);
    assert.match(String(now.EventDate), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
    assert.ok(Number(now.ExpirationTime) >= before + 172_800);
    assert.deepEqual(await json(['event', 'list']), [event, now]);
    assert.deepEqual(await json(['event', 'remove', date]), event);
    const table = await run(['event', 'list'], { isTerminal: true });
    assert.match(table.printed, /^DATE +TYPE +SOURCE +ACKNOWLEDGED +INPUT\n\S+ \S+ +u +- +- +-$/);
    const gone = await run(['event', 'remove', date]);
    assert.deepEqual([gone.status, gone.warned], [1, `there is no event of ${date}`]);
    assert.equal((await run(['event', 'add'])).status, 2);
  });
});

describe('metrics', () => {
  const size = {
    MetricName: 'FleetSize',
    Unit: 'Count',
    StorageResolution: 60,
    Dimensions: [
      { Name: 'SubfleetName', Value: 'blue' },
      { Name: 'GroupName', Value: 'test' },
    ],
    Value: 12,
  };
  const credit = {
    Id: 'id1',
    Label: 'CPUCreditBalance',
    StatusCode: 'Complete',
    Timestamps: ['2020-11-20 14:50:00+00:00'],
    Values: [144],
    _MetricId: 'CPUCreditBalance/i-0ab',
    _SamplingTime: '2020-11-20 14:52:00+00:00',
  };
  const kinds: [string, string, string, object, string][] = [
    ['sent', 'sentMetrics', 'FleetSize', size, 'FleetSize  SubfleetName=blue  12     Count  -'],
    [
      'cache',
      'metricCache',
      'CPUCreditBalance/i-0ab',
      credit,
      'CPUCreditBalance/i-0ab  144     2020-11-20 14:50:00+00:00  1       Complete',
    ],
  ];
  for (const [command, member, name, metric, row] of kinds) {
    it(`${command} sets from a file or standard input, adds, lists and clears`, async (test) => {
      const { directory, json, run } = await startOperator(test);
      const file = join(directory, 'document.yaml');
      await writeFile(file, `${member}: ${JSON.stringify([metric])}\n`);
      assert.deepEqual(await json(['metrics', command, 'set', file]), [metric]);
      assert.deepEqual(await json(['metrics', command, 'set', '-'], '[]'), []);
      assert.deepEqual(await json(['metrics', command, 'add', JSON.stringify(metric)]), [metric]);
      assert.deepEqual(await json(['metrics', command, 'list']), [metric]);
      const table = await run(['metrics', command, 'list'], { isTerminal: true });
      assert.equal(table.printed.split('\n')[1], row);
      assert.deepEqual(await json(['metrics', command, 'clear', name]), { removed: 1 });
      assert.deepEqual(await json(['metrics', command, 'clear']), { removed: 0 });
      const wrong = await run(['metrics', command, 'set', '-'], { input: 'other: []' });
      assert.equal(wrong.status, 2);
      assert.match(wrong.warned, /expected a JSON list, or a document with/);
      const garbled = await run(['metrics', command, 'add', '{']);
      assert.equal(garbled.status, 2);
      assert.match(garbled.warned, /^the metric is not JSON: .*see --help for one$/);
      assert.equal((await run(['metrics', command, 'clear', name])).status, 1);
    });
  }
});

describe('catalogue', () => {
  it('loads a file, lists and removes', async (test) => {
    const { directory, json, run } = await startOperator(test);
    const file = join(directory, 'dump.json');
    await writeFile(
      file,
      '{"a.size": {"DefaultValue": 17.0, "Stable": true, "Format": "Float"}, "b": {"Value": "1"}}',
    );
    const described = { DefaultValue: 17, Stable: true, Format: 'Float' };
    assert.deepEqual(await json(['catalogue', 'load', file]), {
      'a.size': described,
      b: { Stable: false, Value: '1' },
    });
    const yaml = 'c: {DefaultValue: 2020-01-01, Stable: false}';
    assert.deepEqual(await json(['catalogue', 'load', '-'], yaml), {
      c: { DefaultValue: '2020-01-01', Stable: false },
    });
    assert.equal((await run(['catalogue', 'remove', 'b', 'x'])).status, 1);
    await json(['catalogue', 'remove', 'b', 'c']);
    const table = await run(['catalogue', 'list'], { isTerminal: true });
    assert.equal(table.printed, 'KEY     DEFAULT  STABLE  FORMAT\na.size  17       yes     Float');
    const missing = await run(['catalogue', 'load', join(directory, 'none')]);
    assert.equal(missing.status, 2);
    assert.match(missing.warned, /none: it cannot be read/);
    const flat = await run(['catalogue', 'load', '-'], { input: '{"a.size": "3"}' });
    assert.equal(flat.status, 1);
    assert.match(flat.warned, /^a\.size: no definition .*cs-interact config dump --unstable --raw"$/);
    const model = await run(['catalogue', 'load', '-'], { input: '[{"key": "a", "origin": "x"}]' });
    assert.equal(model.status, 2);
    assert.match(model.warned, /make it with --raw: cs-interact config dump --unstable --raw$/);
    const broken = await run(['catalogue', 'load', '-', '--format', 'json'], { input: 'c: 1' });
    assert.equal(broken.status, 2);
    assert.match(broken.warned, /^standard input: /);
  });
});

describe('import and export', () => {
  for (const name of ['all.json', 'all.yaml']) {
    it(`put back through ${name} what was there`, async (test) => {
      const from = await startOperator(test);
      await from.json(['state', 'add', 'i-0ab', '--tag', 'due=2020-01-01', '--state', 'draining']);
      await from.json(['event', 'add', '--type', 'x', '--date', '2020-11-17 10:50:59.462776+00:00']);
      await from.json(['catalogue', 'load', '-'], '{"a": {"Value": 17.0}, "b": {"Value": 17}}');
      const file = join(from.directory, name);
      const exported = await from.run(['export', file]);
      assert.deepEqual(
        [exported.status, exported.printed, exported.warned],
        [0, '', `wrote ${file}: 2 catalogue, 1 events, 1 instances`],
      );
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      const to = await startOperator(test);
      const counts = await to.json(['import', file]);
      assert.deepEqual([counts.instances, counts.events, counts.catalogue], [1, 1, 2]);
      const { printed } = await to.run(['export', '-']);
      assert.equal(printed, (await from.run(['export'])).printed);
      assert.match(printed, /17\.0/);
      assert.equal(
        (await from.run(['export', '--format', name.slice(4)])).printed,
        (await readFile(file, 'utf8')).trimEnd(),
      );
    });
  }

  it('leave a pipe or a device, and a link, what they are', async (test) => {
    const { directory, run } = await startOperator(test);
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = await open(pipe, 'r+');
    test.after(() => reader.close());
    assert.equal((await run(['export', pipe])).status, 0);
    assert.ok((await stat(pipe)).isFIFO());
    const { buffer, bytesRead } = await reader.read(Buffer.alloc(65_536));
    assert.equal(buffer.toString('utf8', 0, bytesRead).trimEnd(), (await run(['export'])).printed);

    const file = join(directory, 'all.json');
    await writeFile(file, '');
    const link = join(directory, 'link.json');
    await symlink(file, link);
    assert.equal((await run(['export', link])).status, 0);
    assert.ok((await lstat(link)).isSymbolicLink());
    assert.match(await readFile(file, 'utf8'), /^\{/);
  });

  it('have no YAML that could not be read again', async (test) => {
    const { json, run } = await startOperator(test);
    const large = JSON.stringify({ configuration: { a: 'x'.repeat(200_000), b: 'y'.repeat(200_000) } });
    await json(['import', '-', '--format', 'json'], large);
    assert.equal((await run(['export'])).status, 0);
    const { status, printed, warned } = await run(['export', '--format', 'yaml']);
    assert.deepEqual([status, printed], [1, '']);
    assert.match(warned, /^as YAML it could not be imported again \(.*longer.*\): export it as JSON$/);
  });

  it('take an answer by itself when told what it is', async (test) => {
    const { json, run } = await startOperator(test);
    const wire = {
      InstanceId: 'i-0ab',
      AvailabilityZone: 'a',
      LocatedInAZWithIssues: false,
      State: 'draining',
      Status: 'ok',
      Tags: [],
    };
    assert.deepEqual(await json(['import', '-', '--as', 'instances'], JSON.stringify([wire])), {
      instances: 1,
    });
    assert.equal((await json(['state', 'get', 'i-0ab'])).state, 'draining');
    const unnamed = await run(['import', '-'], { input: '[]' });
    assert.equal(unnamed.status, 2);
    assert.match(unnamed.warned, /^standard input: this is a list by itself: say what it is with --as KIND/);
    const documents: [string, RegExp][] = [
      ['{}', /: it is empty, there is nothing to import$/],
      [
        '{"a.b": "1"}',
        /: this is no document of `cs-interact export`: say what it is with --as KIND, one of /,
      ],
    ];
    for (const [input, message] of documents) {
      const { status, warned } = await run(['import', '-'], { input });
      assert.equal(status, 2);
      assert.match(warned, message);
    }
    const model = await run(['import', '-', '--as', 'instances'], { input: '[{"instanceId": "i-0ab"}]' });
    assert.equal(model.status, 2);
    assert.match(model.warned, /not the API's own form: make it with --raw: cs-interact fleet list --raw$/);
    const garbled = await run(['import', '-', '--as', 'events'], { input: '[{' });
    assert.equal(garbled.status, 2);
    const refused = await run(['import', '-', '--as', 'events'], { input: '[{}]' });
    assert.deepEqual(
      [refused.status, refused.warned],
      [1, 'events: [0]: EventType: expected what happened, in a word'],
    );
    const unwritable = await run(['export', '/proc/none/x.json']);
    assert.equal(unwritable.status, 1);
    assert.match(unwritable.warned, /^\/proc\/none\/x\.json: it cannot be written \(ENOENT/);
  });
});

it('says what to do where no server answers', async (test) => {
  const directory = await mkdtemp(join(tmpdir(), 'cs-operator-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  const { run } = operatorAt(directory, join(directory, 'none.sock'));
  const commands = [
    ['state', 'get'],
    ['event', 'list'],
    ['metrics', 'sent', 'list'],
    ['catalogue', 'list'],
    ['export'],
  ];
  // At once: each waits for a server that may be starting.
  for (const { status, printed, warned } of await Promise.all(commands.map((args) => run(args)))) {
    assert.deepEqual([status, printed], [1, '']);
    assert.match(warned, /^no server at .*none\.sock \(.*ENOENT.*\): is `cs-interact serve` running here/);
  }
});
