// `cs-interact config` and `schedule`: what goes over the wire for each command, and what never may.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { latestListing, oldListing, type RunOptions, runAgainst, type Script } from './scripted-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'cs-config-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const okay = 'Ok (1 key(s) processed)';
const notAllowed = {
  status: 403,
  body: '{"Message":"User: u is not authorized to perform: execute-api:Invoke on resource: r"}',
};

const entry = (key: string, value: unknown, origin: string, Stable = true) => ({
  Key: key,
  Value: value,
  ConfigurationOrigin: origin,
  Status: `Key found in '${origin}'`,
  Stable,
});
const effective = JSON.stringify({
  'app.disable': entry('app.disable', 0, 'Built-in defaults'),
  'a.b': entry('a.b', '7', "DynamoDB configuration table 'CloneSquad-test-Configuration'"),
});

interface Case {
  readonly args: readonly string[];
  readonly script: Script;
  /** `METHOD path?query body`. */
  readonly asked: readonly string[];
  readonly stdout: string;
}

const cases: Readonly<Record<string, Case>> = {
  'config get of a key': {
    args: ['config', 'get', 'app.disable'],
    script: { 'GET configuration/app.disable': '0' },
    asked: ['GET configuration/app.disable'],
    stdout: '0',
  },
  'config get of a key as JSON': {
    args: ['config', 'get', 'app.disable', '--output', 'json'],
    script: { 'GET configuration/app.disable': '0' },
    asked: ['GET configuration/app.disable'],
    stdout: '"0"',
  },
  'config get of a key with capitals': {
    args: ['config', 'get', 'subfleet.MyFleet.state'],
    script: { 'GET configuration': '{"subfleet.MyFleet.state": "running"}' },
    asked: ['GET configuration?raw=true&unstable=true'],
    stdout: 'running',
  },
  'config get of a member of a set': {
    args: ['config', 'get', '[night]app.disable'],
    script: { 'GET configuration': '{"night": {"app.disable": "1"}}' },
    asked: ['GET configuration?raw=true&unstable=true'],
    stdout: '1',
  },
  'config set': {
    args: ['config', 'set', 'app.disable', '1'],
    script: { 'POST configuration/app.disable': '1' },
    asked: ['POST configuration/app.disable 1'],
    stdout: '{\n  "key": "app.disable",\n  "value": "1",\n  "ttlSeconds": null\n}',
  },
  'config set of what looks like an option': {
    args: ['config', 'set', '--raw', 'a', '--', '-1'],
    script: { 'POST configuration/a': '-1' },
    asked: ['POST configuration/a -1'],
    stdout: '-1',
  },
  'config set with a ttl asks first whether the API knows it': {
    args: ['config', 'set', 'app.disable', '1', '--ttl', '1h30m', '--raw'],
    script: { 'GET ': latestListing, 'POST configuration/app.disable': '1' },
    asked: ['GET ', 'POST configuration/app.disable?ttl=5400 1'],
    stdout: '1',
  },
  'config set of a key with capitals goes through the whole table': {
    args: ['config', 'set', 'subfleet.MyFleet.state', 'running', '--raw'],
    script: { 'POST configuration': okay },
    asked: ['POST configuration {"subfleet.MyFleet.state":"running"}'],
    stdout: okay,
  },
  'config unset': {
    args: ['config', 'unset', 'a', 'subfleet.MyFleet.state'],
    script: {
      'GET configuration': '{"a": "1", "subfleet.MyFleet.state": "running"}',
      'POST configuration/a': '',
      'POST configuration': okay,
    },
    asked: [
      'GET configuration?raw=true&unstable=true',
      'POST configuration/a \n',
      'POST configuration {"subfleet.MyFleet.state":null}',
    ],
    stdout: '{\n  "unset": [\n    "a",\n    "subfleet.MyFleet.state"\n  ]\n}',
  },
  'schedule set by path in the latest API': {
    args: ['schedule', 'set', 'weekend', 'cron(0 0 ? * 7 *),a=1', '--raw'],
    script: { 'GET ': latestListing, 'POST scheduler/weekend': 'cron(0 0 ? * 7 *),a=1' },
    asked: ['GET ', 'POST scheduler/weekend cron(0 0 ? * 7 *),a=1'],
    stdout: 'cron(0 0 ? * 7 *),a=1',
  },
  'schedule set through the whole table in older ones, which fail by path': {
    args: ['schedule', 'set', 'weekend', 'rate(1 hour)', '--raw'],
    script: { 'GET ': oldListing, 'POST scheduler': okay },
    asked: ['GET ', 'POST scheduler {"weekend":"rate(1 hour)"}'],
    stdout: okay,
  },
  'schedule set by path where the listing is not allowed': {
    args: ['schedule', 'set', 'weekend', 'rate(1 hour)', '--raw'],
    script: { 'GET ': notAllowed, 'POST scheduler/weekend': 'rate(1 hour)' },
    asked: ['GET ', 'POST scheduler/weekend rate(1 hour)'],
    stdout: 'rate(1 hour)',
  },
  'schedule unset where the table may not be read': {
    args: ['schedule', 'unset', 'weekend'],
    script: { 'GET scheduler': notAllowed, 'GET ': latestListing, 'POST scheduler/weekend': '' },
    asked: ['GET scheduler', 'GET ', 'POST scheduler/weekend \n'],
    stdout: '{\n  "unset": [\n    "weekend"\n  ]\n}',
  },
  'config unset of a member of a set, which the oldest API does not show': {
    args: ['config', 'unset', '[night]a'],
    script: { 'GET configuration': effective, 'POST configuration/%5Bnight%5Da': '' },
    asked: ['GET configuration?raw=true&unstable=true', 'POST configuration/%5Bnight%5Da \n'],
    stdout: '{\n  "unset": [\n    "[night]a"\n  ]\n}',
  },
  'schedule get': {
    args: ['schedule', 'get', 'weekend'],
    script: { 'GET scheduler/weekend': 'rate(1 hour)' },
    asked: ['GET scheduler/weekend'],
    stdout: 'rate(1 hour)',
  },
  'schedule list': {
    args: ['schedule', 'list', '--output', 'table'],
    script: { 'GET scheduler': '{"weekend": "rate(1 hour)", "s": {"a": "b"}}' },
    asked: ['GET scheduler'],
    stdout: 'NAME     VALUE\nweekend  rate(1 hour)\n[s]a     b',
  },
  'config dump': {
    args: ['config', 'dump'],
    script: { 'GET configuration': '{"a": "1", "s": {"b": "2"}}' },
    asked: ['GET configuration?raw=true&unstable=true'],
    stdout: '{\n  "a": "1",\n  "s": {\n    "b": "2"\n  }\n}',
  },
  'config dump as YAML': {
    args: ['config', 'dump', '--format', 'yaml'],
    script: { 'GET configuration': '{"b": "1", "a": "True"}' },
    asked: ['GET configuration?raw=true&unstable=true'],
    stdout: "a: 'True'\nb: '1'",
  },
  'config dump as it came': {
    args: ['config', 'dump', '--raw'],
    script: { 'GET configuration': '{"b":   "1"}\n' },
    asked: ['GET configuration?raw=true&unstable=true'],
    stdout: '{"b":   "1"}',
  },
};

describe('configuration and schedule', () => {
  for (const [name, { args, script, asked, stdout }] of Object.entries(cases)) {
    it(name, async () => {
      const outcome = await runAgainst(script, args);
      assert.deepEqual([outcome.status, outcome.stderr], [0, '']);
      assert.deepEqual(outcome.asked.map(toLine), asked);
      assert.equal(outcome.stdout, stdout);
    });
  }

  it('config get shows everything in force', async () => {
    const outcome = await runAgainst({ 'GET configuration': effective }, ['config', 'get']);
    assert.deepEqual(JSON.parse(outcome.stdout), { 'app.disable': 0, 'a.b': '7' });
    assert.deepEqual(outcome.asked.map(toLine), ['GET configuration?unstable=true']);
  });

  it('config get shows a person where each value comes from', async () => {
    const outcome = await runAgainst({ 'GET configuration': effective }, ['config', 'get'], {
      isTerminal: true,
    });
    assert.deepEqual(outcome.stdout.split('\n'), [
      'KEY          VALUE  STABLE  ORIGIN',
      'app.disable  0      yes     Built-in defaults',
      "a.b          7      yes     DynamoDB configuration table 'CloneSquad-test-Configuration'",
    ]);
  });

  it('unset tells keys that were there from those that were not, and deletes them all the same', async () => {
    const script = {
      'GET configuration': '{"a": "1", "s": {"x": "1"}}',
      'POST configuration/a': '',
      'POST configuration/b': '',
      'POST configuration/%5Bs%5Dx': '',
      'POST configuration/%5Bs%5Dy': '',
    };
    const outcome = await runAgainst(script, ['config', 'unset', 'b', 'a', '[s]x', '[s]y']);
    assert.equal(outcome.status, 0);
    assert.deepEqual(JSON.parse(outcome.stdout), { unset: ['a', '[s]x'] });
    assert.deepEqual(outcome.stderr.split('\n'), [
      'b: the table had no such key',
      '[s]y: the table had no such key',
    ]);
    assert.equal(outcome.asked.filter(({ method }) => method === 'POST').length, 4);
  });

  it('config dump --effective says when all that is set is not stable', async () => {
    const unstable = JSON.stringify({ a: entry('a', '1', 'x', false), b: entry('b', '1', 'x', false) });
    const outcome = await runAgainst({ 'GET configuration': ['{}', unstable] }, [
      'config',
      'dump',
      '--effective',
    ]);
    assert.deepEqual([outcome.status, outcome.stdout], [0, '[]']);
    assert.equal(outcome.stderr, '2 keys that are not stable are not shown: --unstable');
    assert.deepEqual(outcome.asked.map(toLine), ['GET configuration', 'GET configuration?unstable=true']);
    const empty = await runAgainst({ 'GET configuration': '{}' }, ['config', 'dump', '--effective']);
    assert.deepEqual([empty.stdout, empty.stderr], ['[]', '']);
    const shown = await runAgainst({ 'GET configuration': effective }, ['config', 'dump', '--effective']);
    assert.deepEqual([shown.stderr, shown.asked.length], ['', 1]);
  });

  it('config dump of the oldest API is what of the values in force comes from its table', async () => {
    const outcome = await runAgainst({ 'GET configuration': effective }, ['config', 'dump']);
    assert.deepEqual(JSON.parse(outcome.stdout), { 'a.b': '7' });
  });
});

function toLine({
  method,
  path,
  query,
  body,
}: {
  method: string;
  path: string;
  query: object;
  body: string;
}): string {
  const search = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  return `${method} ${path}${search.length > 0 ? `?${search.join('&')}` : ''}${body === '' ? '' : ` ${body}`}`;
}

describe('what is refused before anything is written', () => {
  const refused: Readonly<
    Record<string, { args: string[]; script?: Script; status: number; words: RegExp }>
  > = {
    'an empty value': { args: ['config', 'set', 'a', ''], status: 2, words: /^a: .* use config unset$/ },
    'an empty action': { args: ['schedule', 'set', 'a', ''], status: 2, words: /use schedule unset$/ },
    'a value of two lines': { args: ['config', 'set', 'a', '1\n2'], status: 2, words: /several lines/ },
    'a key of two lines': {
      args: ['config', 'set', 'a\nb', '1'],
      status: 2,
      words: /^key "a\\nb": .*line break/,
    },
    'an empty key': { args: ['config', 'get', ''], status: 2, words: /^key "": empty/ },
    'a fraction of a second': {
      args: ['config', 'set', 'a', '1', '--ttl', '0.5s'],
      status: 2,
      words: /--ttl.*not a whole number of seconds/,
    },
    'no time at all': {
      args: ['config', 'set', 'a', '1', '--ttl', '0'],
      status: 2,
      words: /at least one second/,
    },
    'a ttl for a key with capitals': {
      args: ['config', 'set', 'A', '1', '--ttl', '1h'],
      status: 2,
      words: /^A: --ttl is not possible: .* a path cannot name this key$/,
    },
    'a ttl in an API that would ignore it': {
      args: ['config', 'set', 'a', '1', '--ttl', '1h'],
      script: { 'GET ': oldListing },
      status: 1,
      words: /^a: --ttl is not possible: this API is too old/,
    },
    'a ttl in an API that does not tell how old it is': {
      args: ['config', 'set', 'a', '1', '--ttl', '1h'],
      script: { 'GET ': notAllowed },
      status: 1,
      words: /^a: --ttl is not possible: .* allow these credentials its listing \(GET\/\)$/,
    },
    'a ttl with credentials that have expired': {
      args: ['config', 'set', 'a', '1', '--ttl', '1h'],
      script: {
        'GET ': { status: 403, body: '{"message":"The security token included in the request is expired"}' },
      },
      status: 1,
      words: /these credentials have expired/,
    },
    'both --raw and --output': {
      args: ['config', 'get', 'a', '--raw', '--output', 'json'],
      status: 2,
      words: /--raw.*cannot be used with/,
    },
  };
  for (const [name, { args, script = {}, status, words }] of Object.entries(refused)) {
    it(name, async () => {
      const outcome = await runAgainst(script, args);
      assert.equal(outcome.status, status, outcome.stderr);
      assert.match(outcome.stderr, words);
      assert.deepEqual(
        outcome.asked.filter(({ method }) => method === 'POST'),
        [],
      );
    });
  }
});

describe('config load', () => {
  const present = '{"a": "1", "b": "2", "s": {"x": "1", "y": "2"}}';
  const script: Script = { 'GET configuration': present, 'POST configuration': 'Ok (3 key(s) processed)' };
  const document = file('change.yaml', 'a: 1\nb: 3\nc: on\ns:\n  x: null\n');

  async function load(args: readonly string[], options: RunOptions = {}) {
    const outcome = await runAgainst(script, ['config', 'load', ...args], options);
    const posts = outcome.asked.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));
    return { ...outcome, posts };
  }

  const shown = ['- [s]x: 1', '~ b: 2 -> 3', '+ c: True'].join('\n');

  it('shows what it would change, asks, and writes just that', async () => {
    const outcome = await load([document], { isTerminal: true, answer: 'y' });
    assert.deepEqual(outcome.questions, [`${shown}\nMake these changes? [y/N] `]);
    assert.deepEqual(outcome.posts, [{ b: '3', c: 'True', s: { x: null } }]);
    assert.deepEqual([outcome.status, outcome.stdout], [0, 'Ok (3 key(s) processed)']);
  });

  for (const answer of ['', 'n', 'yesterday']) {
    it(`writes nothing when the answer is ${JSON.stringify(answer)}`, async () => {
      const outcome = await load([document], { isTerminal: true, answer });
      assert.deepEqual([outcome.status, outcome.posts], [1, []]);
      assert.match(outcome.stderr, /(^|\n)nothing was changed$/);
    });
  }

  it('writes nothing where nobody can be asked, and says how to go on', async () => {
    const outcome = await load([document]);
    assert.deepEqual([outcome.status, outcome.posts], [2, []]);
    assert.match(outcome.stderr, /nobody can be asked here: give --yes/);
    assert.ok(outcome.stderr.includes(`${shown}\n\nnobody`), outcome.stderr);
    assert.equal(outcome.stdout, '');
  });

  it('says beforehand what the document does that its look does not tell', async () => {
    const text = 'a: 1\na: 2\nb: null\nc: ""\ns:\n  x: null\n';
    for (const [name, document] of [
      ['odd.yaml', text],
      ['odd.json', '{"a": "1", "\\u0061": "2", "b": null, "c": "", "s": {"x": null}}'],
    ] as const) {
      const path = file(name, document);
      const { stderr, status } = await load([path, '--dry-run']);
      assert.equal(status, 0);
      assert.deepEqual(stderr.split('\n'), [
        `${path}: warning: a: given twice, the last one counts`,
        `${path}: warning: b: null deletes it`,
        `${path}: warning: c: an empty value deletes it`,
        `${path}: warning: s: a set: what is in it is stored as [s]KEY`,
        `${path}: warning: s.x: null deletes it`,
      ]);
    }
  });

  it('does not ask with --yes', async () => {
    const outcome = await load([document, '--yes'], { isTerminal: true });
    assert.deepEqual([outcome.status, outcome.questions, outcome.posts.length], [0, [], 1]);
    assert.equal(outcome.stdout, `${shown}\nOk (3 key(s) processed)`);
  });

  it('shows the changes and makes none with --dry-run', async () => {
    const outcome = await load([document, '--dry-run'], { isTerminal: true });
    assert.deepEqual([outcome.status, outcome.questions, outcome.posts], [0, [], []]);
    assert.equal(outcome.stdout, `${shown}\nnothing was changed`);
  });

  it('tells a program the same', async () => {
    const outcome = await load([document, '--yes']);
    assert.deepEqual(JSON.parse(outcome.stdout), {
      applied: true,
      added: [{ key: 'c', old: null, new: 'True' }],
      changed: [{ key: 'b', old: '2', new: '3' }],
      removed: [{ key: '[s]x', old: '1', new: null }],
      unchanged: 2,
    });
  });

  it('also deletes what the document does not have with --restore', async () => {
    const outcome = await load(['-', '--restore', '--yes'], { input: '{"a": "1", "b": "2"}' });
    assert.deepEqual(outcome.posts, [{ s: { x: null, y: null } }]);
  });

  it('reads standard input, which cannot be asked then', async () => {
    const outcome = await load(['-', '--yes', '--format', 'json'], { input: '{"a": "5"}' });
    assert.deepEqual([outcome.status, outcome.posts], [0, [{ a: '5' }]]);
  });

  it('has nothing to do, and says so', async () => {
    const outcome = await load([file('same.json', present), '--restore'], { isTerminal: true });
    assert.deepEqual([outcome.status, outcome.questions, outcome.posts], [0, [], []]);
    assert.equal(outcome.stdout, 'nothing to do: the table is like that');
  });

  it('puts a set in the place of a plain key, and the other way round', async () => {
    const set = await runAgainst({ 'GET configuration': '{"s": "1"}', 'POST configuration': okay }, [
      ...['config', 'load', file('set.json', '{"s": {"x": "2"}}'), '--restore', '--yes'],
    ]);
    assert.deepEqual(JSON.parse(set.asked[1]!.body), { s: null, '[s]x': '2' });
    const plain = await runAgainst({ 'GET configuration': '{"s": {"x": "2"}}', 'POST configuration': okay }, [
      ...['config', 'load', file('plain.json', '{"s": "1"}'), '--restore', '--yes'],
    ]);
    assert.deepEqual(JSON.parse(plain.asked[1]!.body), { s: '1', '[s]x': null });
  });

  it('loads what it dumped', async () => {
    for (const format of ['json', 'yaml']) {
      const dumped = await runAgainst(script, ['config', 'dump', '--format', format]);
      const outcome = await load([file(`dumped.${format}`, dumped.stdout), '--restore', '--dry-run']);
      assert.deepEqual(JSON.parse(outcome.stdout).unchanged, 4);
    }
  });

  const unusable: Readonly<Record<string, readonly [string, string, RegExp]>> = {
    'no document': ['empty.yaml', '', /empty\.yaml: /],
    'a list': ['list.yaml', '- a\n', /list\.yaml: /],
    'broken JSON': ['broken.json', '{"a": ', /broken\.json: /],
  };
  for (const [name, [path, text, words]] of Object.entries(unusable)) {
    it(`sends nothing for ${name}`, async () => {
      const outcome = await load([file(path, text), '--yes']);
      assert.deepEqual([outcome.status, outcome.asked], [2, []]);
      assert.match(outcome.stderr, words);
    });
  }

  it('says which file cannot be read', async () => {
    const outcome = await load([join(directory, 'absent.yaml'), '--yes']);
    assert.deepEqual([outcome.status, outcome.asked], [2, []]);
    assert.match(outcome.stderr, /absent\.yaml: it cannot be read \(ENOENT/);
  });
});

it('no answer can act on a terminal, with --raw neither', async () => {
  const script = { 'GET configuration/a': 'x\u001b]0;title\u0007' };
  const shown = await runAgainst(script, ['config', 'get', 'a', '--raw'], { isTerminal: true });
  assert.equal(shown.stdout, 'x ]0;title ');
  const piped = await runAgainst(script, ['config', 'get', 'a', '--raw']);
  assert.equal(piped.stdout, 'x\u001b]0;title\u0007');
});
