// Documents, compared with what Python and PyYAML made of the same values and texts (python/record.py recorded it).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseDocument, printDocument } from '../../../../src/interaction/contract/documents.ts';
import { type JsonValue, PythonFloat, pythonJson } from '../../../../src/interaction/contract/python-json.ts';
import { pythonStr } from '../../../../src/interaction/contract/python-text.ts';

interface Recorded {
  readonly printed: readonly { json: string; pretty: string; str: string; yaml: string }[];
  readonly yaml: readonly Loaded[];
  readonly json: readonly Loaded[];
}
type Loaded = { text: string; repr: string } | { text: string; error: string };

const recorded = JSON.parse(
  readFileSync(new URL('python/recorded.json', import.meta.url), 'utf8'),
) as Recorded;

function documentOf(text: string, format: 'json' | 'yaml'): Record<string, unknown> {
  const parsed = parseDocument(text, format);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem);
  return parsed.document;
}

/** The recorded value, its floats still floats. */
function recordedValue(json: string): JsonValue {
  return documentOf(`{"value": ${json}}`, 'json').value as JsonValue;
}

const shown = (text: string) => JSON.stringify(text).slice(0, 60);

describe('printing as Python does', () => {
  for (const { json, pretty, str, yaml } of recorded.printed) {
    it(`str ${shown(json)}`, () => assert.equal(pythonStr(recordedValue(json)), str));
    it(`json ${shown(json)}`, () => assert.equal(pythonJson(recordedValue(json)), pretty));
    it(`yaml ${shown(json)}`, () => assert.equal(printDocument(recordedValue(json), 'yaml'), yaml));
  }
});

/** Where we read otherwise than PyYAML, on purpose or as the YAML library does; null when we refuse the text. */
const otherwise = new Map<string, string | null>([
  // A key of the table is text. CloneSquad fails on these later.
  ['1: x', null],
  ['true: x', null],
  ['null: x', null],
  ['1.5: x', null],
  ['2020-01-01: x', null],
  // Inside, a key becomes the text that it is stored as at once.
  ['a: {1: x}', "{'a': {'1': 'x'}}"],
  ['a: {yes: x}', "{'a': {'True': 'x'}}"],
  ['a: {1.0: x}', "{'a': {'1.0': 'x'}}"],
  ['a: {~: x}', "{'a': {'None': 'x'}}"],
  ['a: {2020-01-01: x}', "{'a': {'2020-01-01': 'x'}}"],
  // Types that no value of CloneSquad's has, and a list that contains itself.
  ['a: !!binary aGk=', null],
  ['a: !!set {x}', null],
  ['a: !!omap [x: 1]', null],
  ['a: &x [*x]', null],
  // The same members in another order.
  ['a:\n  <<: [{x: 1, z: 0}, {x: 2, y: 2}]\n  z: 3\n', "{'a': {'x': 1, 'z': 3, 'y': 2}}"],
  // The library reads by YAML 1.2's syntax, which allows more.
  ['a: <<', "{'a': '<<'}"],
  ['a:\tb', "{'a': 'b'}"],
  ['a: b\tc', "{'a': 'b\\tc'}"],
  // Null there; both delete.
  ['a: !', "{'a': ''}"],
]);

it('names only recorded texts as read otherwise', () => {
  const texts = recorded.yaml.map(({ text }) => text);
  assert.deepEqual(
    [...otherwise.keys()].filter((text) => !texts.includes(text)),
    [],
  );
});

for (const format of ['yaml', 'json'] as const) {
  describe(`reading ${format} as Python does`, () => {
    for (const loaded of recorded[format]) {
      const expected = otherwise.get(loaded.text) ?? ('repr' in loaded ? loaded.repr : null);
      const isRefused = otherwise.get(loaded.text) === null || expected === null;
      it(`${isRefused ? 'refuses ' : ''}${shown(loaded.text)}`, () => {
        const parsed = parseDocument(loaded.text, format);
        if (!isRefused) assert.equal(parsed.ok ? pythonStr(parsed.document) : parsed.problem, expected);
        else assert.match(parsed.ok ? '' : parsed.problem, /^[^\n]+$/);
      });
    }
  });
}

describe('refusing a document', () => {
  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
  const bomb = Array.from(
    { length: 9 },
    (_, level) => `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`,
  );
  const wide = `a: &a [${'x,'.repeat(100_000)}]\nb: [${'*a,'.repeat(60)}]`;
  const refused: [string, 'json' | 'yaml', string, RegExp][] = [
    ['JSON that is no object', 'json', '[1]', /^expected an object, got a list$/],
    ['no JSON', 'json', 'a:\n1', /^Unexpected token 'a', "a: 1" is not valid JSON$/],
    ['an empty text', 'yaml', '', /^expected an object, got nothing$/],
    ['bad YAML, with its place', 'yaml', 'a: 1\nb: [', /at line 2, column 5$/],
    ['a second document', 'yaml', 'a: 1\n---\nb: 2', /multiple documents/],
    ['an unknown alias', 'yaml', 'a: *x', /x/],
    ['an alias bomb', 'yaml', bomb.join('\n').replaceAll('*a-1', 'lol'), /[Aa]lias/],
    [
      'many aliases',
      'yaml',
      `a: [${Array.from({ length: 1001 }, (_, i) => `&a${i} x,*a${i}`)}]`,
      /^it has more than 1000 aliases$/,
    ],
    ['aliases of something large', 'yaml', wide, /^its aliases make it too large$/],
    ['long YAML', 'yaml', `a: ${'x'.repeat(256 * 1024)}`, /^it is longer than 262144 characters, /],
    ['a control character', 'yaml', 'a: \u0001', /^unprintable character at offset 3$/],
    ['a date that is none', 'yaml', 'a: 2020-02-30', /^there is no such date at line 1, column 4$/],
    ['a key that is not text', 'yaml', 'on: x', /^the key True is not text: put it in quotes$/],
    ['a key that is a list', 'yaml', '[a]: x', /^a key is a list or mapping$/],
    ['too many digits', 'yaml', `a: ${'1'.repeat(4301)}`, /^the number has too many digits/],
    ['too many digits in JSON', 'json', `{"a": ${'1'.repeat(4301)}}`, /^the number has too many digits$/],
    ...[101, 3_000, 50_000].flatMap((depth): [string, 'json' | 'yaml', string, RegExp][] => [
      [`JSON ${depth} deep`, 'json', `{"a":${nested('[', ']', depth)}}`, /^it is nested more than 100 deep$/],
      [`YAML ${depth} deep`, 'yaml', `a: ${nested('[', ']', depth)}`, /^it is nested more than 100 deep$/],
    ]),
  ];
  for (const [name, format, text, problem] of refused) {
    it(name, () => {
      const parsed = parseDocument(text, format);
      assert.ok(!parsed.ok);
      assert.match(parsed.problem, problem);
    });
  }
});

describe('reading a document', () => {
  it('takes a hundred levels', () => {
    const lists = '['.repeat(99) + ']'.repeat(99);
    assert.equal(parseDocument(`{"a": ${lists}}`, 'json').ok, true);
    assert.equal(parseDocument(`a: ${lists}`, 'yaml').ok, true);
  });

  it('keeps a key named __proto__ a key', () => {
    for (const format of ['json', 'yaml'] as const) {
      const document = documentOf('{"__proto__": {"x": "y"}, "a": {"__proto__": "z"}}', format);
      assert.deepEqual(Object.keys(document), ['__proto__', 'a']);
      assert.deepEqual(Object.keys(document.a as object), ['__proto__']);
    }
  });

  it('can be made JSON again', () => {
    const document = documentOf('{a: 1.0, b: 2020-01-01, c: [0x10, yes]}', 'yaml');
    assert.equal(JSON.stringify(document), '{"a":1,"b":"2020-01-01","c":[16,true]}');
  });
});

describe('printing a document', () => {
  it('prints what JSON has no number for', () => {
    const value = {
      a: new PythonFloat(Infinity),
      b: new PythonFloat(-Infinity),
      c: new PythonFloat(Number.NaN),
    };
    assert.equal(printDocument(value, 'yaml'), 'a: .inf\nb: -.inf\nc: .nan\n');
    assert.equal(printDocument(value, 'json'), '{\n    "a": Infinity,\n    "b": -Infinity,\n    "c": NaN\n}');
  });

  it('reads back what it printed', () => {
    for (const { json } of recorded.printed) {
      const document = { value: recordedValue(json) };
      // What PyYAML cannot read back either: the escape of a lone surrogate, and a key of over 1024 columns.
      if (/\\ud800|"(\\ud83d\\ude00){122}":/.test(json)) continue;
      for (const format of ['json', 'yaml'] as const) {
        const back = documentOf(printDocument(document, format), format) as JsonValue;
        assert.equal(pythonJson(back), pythonJson(document), `${format} ${json}`);
      }
    }
  });
});
