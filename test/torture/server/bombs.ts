// Small documents that ask for much memory or time when they are read: everything that takes YAML or JSON, over the network
// and from files.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attack, type Attack, type ServerRow } from './attack.ts';
import { interact, isOneLine } from './paths.ts';
import { adminSocket, keyFile } from './server-process.ts';
import { ask } from './steady-client.ts';
import { KEYS } from './keys.ts';
import { exchange } from './raw-exchange.ts';
import { render, signed } from './signing.ts';

/** What the server may take for one of them on a busy machine; others are answered meanwhile. */
const MAX_ANSWER_MS = 30_000;

const levels = (count: number, of: (level: number) => string) =>
  Array.from({ length: count }, (_, level) => of(level)).join('');
const LAUGHS = `a0: &a0 [lol]\n${levels(9, (level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]\n`)}`;

const YAML_BOMBS: Readonly<Record<string, string>> = {
  'aliases that multiply': LAUGHS,
  'mappings that multiply': `a0: &a0 {a: b}\n${levels(9, (level) => `a${level + 1}: &a${level + 1} {${levels(9, (n) => `k${n}: *a${level}, `)}}\n`)}`,
  'merge keys that multiply': `a0: &a0 {a: b}\n${levels(20, (level) => `a${level + 1}: &a${level + 1} {<<: [*a${level}, *a${level}]}\n`)}`,
  'an alias of itself': 'a: &a [*a]\n',
  'a mapping of itself': 'a: &a {b: *a}\n',
  'thousands of aliases': `a: &a b\nc: [${'*a, '.repeat(10_000)}]\n`,
  'thousands of anchors': levels(3_000, (n) => `k${n}: &a${n} v\n`),
  'lists in lists': `a: ${'['.repeat(20_000)}`,
  'lists in lists, ended': `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  'mappings in mappings': `a: ${'{a: '.repeat(10_000)}`,
  'indented ever further': levels(300, (level) => `${' '.repeat(level)}a:\n`),
  'dashes in a line': `a:\n ${'- '.repeat(20_000)}b\n`,
  'complex keys in one another': '? '.repeat(20_000),
  'a scalar of 60 KB': `a: ${'x'.repeat(60_000)}\n`,
  'a scalar of 1 MB': `a: ${'x'.repeat(1_000_000)}\n`,
  'a number of 60,000 digits': `a: ${'9'.repeat(60_000)}\n`,
  'a number in base 60': `a: ${'59:'.repeat(15_000)}59\n`,
  'a binary of 60 KB': `a: !!binary ${'A'.repeat(60_000)}\n`,
  'a tag of Python': 'a: !!python/object/apply:os.system ["id"]\n',
  'a tag of 60 KB': `a: !${'x'.repeat(60_000)} b\n`,
  'thousands of documents': '---\na: b\n'.repeat(5_000),
  'thousands of errors': 'a: b: c\n'.repeat(5_000),
  'thousands of directives': '%YAML 1.1\n'.repeat(5_000),
  'quotes without an end': `a: "${'x\\\n'.repeat(15_000)}`,
  'escapes by the thousand': `a: "${'\\x41'.repeat(10_000)}"\n`,
  'blank lines': `a: |\n${'\n'.repeat(60_000)}b\n`,
  'comments by the thousand': '# a\n'.repeat(15_000),
  'the same key by the thousand': 'a: b\n'.repeat(12_000),
  'no UTF-8': 'a: \xff\xfe\xfd\n',
};

const JSON_BOMBS: Readonly<Record<string, string>> = {
  'lists in lists': `{"a": ${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
  'lists without an end': '['.repeat(1_000_000),
  'objects in objects': `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`,
  'a number of a million digits': `{"a": ${'9'.repeat(1_000_000)}}`,
  'a fraction of a million digits': `{"a": 0.${'9'.repeat(1_000_000)}}`,
  'an exponent beyond all': '{"a": 1e999999999}',
  'a hundred thousand keys': `{${levels(75_000, (n) => `"k${n}":1,`)}"a":1}`,
  'the same key by the hundred thousand': `{${'"a":1,'.repeat(150_000)}"a":1}`,
  'keys that are numbers': `{${levels(60_000, (n) => `"${n * 1_000_003}":1,`)}"a":1}`,
  'a name of 1 MB': `{"${'x'.repeat(1_000_000)}": 1}`,
  'a text of 1 MB': `{"a": "${'x'.repeat(1_000_000)}"}`,
  'escapes by the hundred thousand': `{"a": "${'\\u0041'.repeat(160_000)}"}`,
  'surrogates alone': '{"a": "\\ud800"}',
  NUL: '{"a": "\\u0000", "\\u0000": "b"}',
  blanks: `${' '.repeat(1_000_000)}{}`,
  nothing: '',
  'no UTF-8': '{"a": "\xff\xfe"}',
};

/** Everything over HTTP that takes a document, by its path. */
const YAML_PATHS = [
  '/configuration?format=yaml',
  '/scheduler?format=yaml',
  '/scheduler?format=yaml&restore=true',
];
const JSON_PATHS = ['/configuration', '/scheduler', '/scheduler?restore=true', '/notify/ackevent'];

function overHttp(bombs: Readonly<Record<string, string>>, paths: readonly string[]): Attack {
  return async ({ server }, times) => {
    const broken: string[] = [];
    let tries = 0;
    for (let round = 0; round < times; round += 1) {
      for (const [name, document] of Object.entries(bombs)) {
        for (const path of paths) {
          tries += 1;
          const startedMs = performance.now();
          const request = signed(KEYS.operator, {
            method: 'POST',
            target: `/v1${path}`,
            body: document,
            headers: [['Connection', 'close']],
          });
          const { statuses, text } = await exchange(server.port, [render(request)], {
            patienceMs: 2 * MAX_ANSWER_MS,
          });
          const tookMs = Math.round(performance.now() - startedMs);
          const body = text.slice(text.indexOf('\r\n\r\n') + 4);
          const status = statuses[0] ?? 0;
          // 500 is the running system's for a document that it cannot read; 502 its answer to nothing at all.
          const isTold =
            status === 200 ||
            (status === 500 && /^Can't parse/.test(body)) ||
            status === 400 ||
            status === 413;
          const isNothing = document === '' && status === 502;
          if (!isTold && !isNothing)
            broken.push(`${name}, POST ${path}: answered ${status} ${body.slice(0, 100)}`);
          if (body.split('\n').length > 2 || /\n\s+at /.test(body))
            broken.push(`${name}, POST ${path}: no one line: ${body.slice(0, 200)}`);
          if (tookMs > MAX_ANSWER_MS) broken.push(`${name}, POST ${path}: took ${tookMs} ms`);
        }
      }
    }
    return { tries, broken, recoveryMs: null };
  };
}

/** Read by the operators' commands, and by the server over its socket. */
const fromFiles: Attack = async ({ directory }, times) => {
  const broken: string[] = [];
  let tries = 0;
  for (let round = 0; round < times; round += 1) {
    for (const [extension, bombs] of [
      ['yaml', YAML_BOMBS],
      ['json', JSON_BOMBS],
    ] as const) {
      for (const [name, document] of Object.entries(bombs)) {
        tries += 1;
        const file = join(directory, `bomb.${extension}`);
        writeFileSync(file, document, 'latin1');
        const { status, stderr } = await interact([
          'import',
          file,
          '--as',
          'scheduler',
          '--admin-socket',
          adminSocket(directory),
        ]);
        const isTold =
          (status === 0 && stderr === '') || ((status === 1 || status === 2) && isOneLine(stderr));
        if (!isTold) broken.push(`${name}, imported: ${status} ${stderr.slice(0, 300)}`);
      }
    }
  }
  return { tries, broken, recoveryMs: null };
};

const asKeys: Attack = async ({ server, directory }, times) => {
  const broken: string[] = [];
  let tries = 0;
  for (let round = 0; round < times; round += 1) {
    for (const [name, document] of Object.entries({ ...JSON_BOMBS, ...YAML_BOMBS })) {
      tries += 1;
      // In place of the file that the server follows: the keys read before stay in force.
      const said = server.lines.length;
      writeFileSync(keyFile(directory), document, 'latin1');
      const { status } = await ask(server.port, 'GET', '/configuration/steady');
      if (status !== 200) broken.push(`${name} as key file: the next request is answered ${status}`);
      const lines = server.lines.slice(said).filter((line) => line.includes('keys'));
      if (lines.some((line) => line.length > 1_000))
        broken.push(`${name} as key file: a line of ${lines[0]?.length} characters`);
    }
    writeFileSync(keyFile(directory), JSON.stringify({ keys: Object.values(KEYS) }));
    chmodSync(keyFile(directory), 0o600);
  }
  return { tries, broken, recoveryMs: null };
};

export const BOMB_ROWS: readonly ServerRow[] = [
  attack('YAML bombs over HTTP', 1, overHttp(YAML_BOMBS, YAML_PATHS)),
  attack('JSON bombs over HTTP', 1, overHttp(JSON_BOMBS, JSON_PATHS)),
  attack('YAML and JSON bombs imported', 1, fromFiles),
  attack('YAML and JSON bombs as key file', 1, asKeys),
];
