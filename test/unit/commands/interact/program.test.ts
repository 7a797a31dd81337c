// The command line as a whole: that it has what the contract's table says, that help explains it, and how it ends.
import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { describe, it } from 'node:test';
import type { CommandContext } from '../../../../src/commands/interact/command-context.ts';
import { createProgram } from '../../../../src/commands/interact/program.ts';
import { type Operation, operations } from '../../../../src/interaction/contract/operations.ts';
import { run, runAgainst } from './scripted-api.ts';

const unusedContext: CommandContext = {
  version: '0.0.0',
  env: {},
  signal: new AbortController().signal,
  readerGone: new AbortController().signal,
  isTerminal: false,
  input: { read: async () => '', ask: async () => null },
  print: () => undefined,
  warn: () => undefined,
  explain: () => undefined,
};

/** `config set` and so on: every command that does something. */
function leaves(command: Command, path = ''): { readonly path: string; readonly command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`.trim()));
}

const program = createProgram(unusedContext);

describe('the commands', () => {
  const paths = leaves(program).map(({ path }) => path);

  for (const { name, commands } of Object.values<Operation>(operations)) {
    it(`has those that ask for ${name === '' ? 'the listing' : name}`, () => {
      // `unstoppable list|add|delete` are three.
      const named = commands.flatMap((text) => {
        const [, start, choices] = /^(.*?)(\S+)$/.exec(text) ?? [];
        return choices!.split('|').map((choice) => `${start}${choice}`);
      });
      assert.deepEqual(
        named.filter((path) => !paths.includes(path)),
        [],
      );
      assert.ok(named.length > 0);
    });
  }

  for (const { path, command } of leaves(program)) {
    it(`explains ${path}, each option and each argument of it`, () => {
      assert.notEqual(command.description(), '');
      assert.deepEqual(
        command.options.filter(({ description }) => description === '').map(({ flags }) => flags),
        [],
      );
    });
  }
});

describe('help', () => {
  for (const args of [
    ['--help'],
    ['help'],
    ['config', '--help'],
    ['help', 'config'],
    ['config', 'set', '--help'],
  ]) {
    it(`is the result of ${args.join(' ')}`, async () => {
      const { status, stdout, stderr } = await run(args);
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, /^Usage: cs-interact/);
    });
  }

  it('has examples that are right', async () => {
    const { stdout } = await run(['--help']);
    const examples = [...stdout.matchAll(/^ {2}cs-interact (\w.*)$/gm)].map((match) =>
      match[1]!.split(/ > | /),
    );
    assert.ok(examples.length >= 5);
    for (const words of examples) {
      const found = leaves(program).find(({ path }) => `${words.join(' ')} `.startsWith(`${path} `));
      assert.ok(found !== undefined, words.join(' '));
      const flags = words.filter((word) => word.startsWith('--'));
      const unknown = flags.filter((flag) => !found.command.options.some(({ long }) => long === flag));
      assert.deepEqual(unknown, [], words.join(' '));
    }
  });

  it('that was not asked for is no result, and an error of usage', async () => {
    for (const args of [[], ['config']]) {
      const { status, stdout, stderr } = await run(args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^Usage: cs-interact/);
    }
  });
});

describe('how a command ends', () => {
  const statuses: Readonly<Record<string, readonly [args: string[], status: number, words: RegExp]>> = {
    'an unknown command': [['flet'], 2, /unknown command 'flet'/],
    'an unknown option': [['fleet', 'list', '--al'], 2, /unknown option '--al'/],
    'an unknown format': [['fleet', 'list', '--output', 'xml'], 2, /Allowed choices are json, yaml, table/],
    'no API': [['fleet', 'list'], 2, /give --group or --api-url/],
    'an address that is none': [['fleet', 'list', '--api-url', 'api'], 2, /not a URL/],
    'nobody there': [['fleet', 'list', '--api-url', 'http://127.0.0.1:1/v1/'], 1, /127\.0\.0\.1/],
  };
  for (const [name, [args, status, words]] of Object.entries(statuses)) {
    it(`${status} for ${name}, in one line`, async () => {
      const outcome = await run(args);
      assert.deepEqual([outcome.status, outcome.stdout, outcome.stderr.split('\n').length], [status, '', 1]);
      assert.match(outcome.stderr, words);
    });
  }

  it('75 when no answer came in time', async () => {
    const answer = { status: 504, body: '{"message": "Endpoint request timed out"}' };
    const { status, stderr } = await runAgainst({ 'GET backup': answer }, ['backup']);
    assert.equal(status, 75);
    assert.match(stderr, /Endpoint request timed out/);
  });

  it('1 when the API refused, with its words', async () => {
    const answer = { status: 400, body: "Unknown configuration key 'a'!" };
    const { status, stderr } = await runAgainst({ 'GET configuration/a': answer }, ['config', 'get', 'a']);
    assert.equal(status, 1);
    assert.match(stderr, /Unknown configuration key 'a'!/);
  });
});

describe('what the API can do, and what it is made of', () => {
  it('operations', async () => {
    const script = { 'GET ': 'backup\nfleet/status\nsomething/new' };
    const piped = await runAgainst(script, ['operations']);
    assert.deepEqual(JSON.parse(piped.stdout), ['backup', 'fleet/status', 'something/new']);
    const { stdout } = await runAgainst(script, ['operations'], { isTerminal: true });
    assert.match(stdout, /\nfleet\/status +fleet status +how much/);
    assert.match(stdout, /\nsomething\/new +- +-$/);
  });

  it('discover', async () => {
    const answer = { discovery: { GroupName: 'test' }, identity: { caller: 'A:i-0aa', vpcId: null } };
    const script = { 'GET discovery': JSON.stringify(answer) };
    const { stdout } = await runAgainst(script, ['discover'], { isTerminal: true });
    assert.match(stdout, /^GroupName +test\n\ncaller +A:i-0aa\nvpcId +-$/);
    assert.equal((await run(['discover', '--lambda'])).status, 2);
  });

  it('cloudwatch sentmetrics and metriccache', async () => {
    const sent = {
      MetricName: 'RunningInstances',
      Unit: 'Count',
      StorageResolution: 60,
      Dimensions: [
        { Name: 'SubfleetName', Value: 's' },
        { Name: 'GroupName', Value: 'test' },
      ],
      Value: 17.0,
    };
    const script = {
      'GET cloudwatch/sentmetrics': JSON.stringify([sent]),
      'GET cloudwatch/metriccache': '[]',
    };
    const { stdout } = await runAgainst(script, ['cloudwatch', 'sentmetrics'], { isTerminal: true });
    assert.match(stdout, /\nRunningInstances +SubfleetName=s +17 +Count +-$/);
    const cached = await runAgainst(script, ['cloudwatch', 'metriccache', '--output', 'yaml']);
    assert.deepEqual([cached.status, cached.stdout], [0, '[]']);
  });
});

it('a region that is none does not become a host name that is sent credentials', async () => {
  const { status, stderr } = await run(['operations', '--group', 'g', '--region', 'x.example/']);
  assert.deepEqual([status, stderr], [2, 'region: x.example/ is not one: expected something like eu-west-1']);
});
