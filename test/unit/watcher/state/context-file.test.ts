import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type CachedContext, ContextFile } from '../../../../src/watcher/state/context-file.ts';

const CACHED: CachedContext = {
  bootId: 'boot-1',
  context: { instanceId: 'i-1', region: 'eu-west-1', group: 'g', discovery: { a: 'x', b: ['y', null] } },
};

describe('the context file', () => {
  let parent = '';
  let directory = '';
  let path = '';
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'context-'));
    directory = join(parent, 'state');
    path = join(directory, 'context.json');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  /** Each replacement of the file makes another one. */
  const fileNumber = () => statSync(path, { bigint: true }).ino;

  test('written and read is equal, private, and alone in its directory', () => {
    const file = new ContextFile(directory);
    assert.equal(file.read(), null);
    file.write(CACHED);
    assert.deepEqual(file.read(), CACHED);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(directory), ['context.json']);
  });

  test('that says the same already is left alone', () => {
    new ContextFile(directory).write(CACHED);
    const before = fileNumber();
    const { a, b } = CACHED.context.discovery as { a: unknown; b: unknown };
    new ContextFile(directory).write({ ...CACHED, context: { ...CACHED.context, discovery: { b, a } } });
    assert.equal(fileNumber(), before);
  });

  const changes: [string, CachedContext][] = [
    ['another boot', { ...CACHED, bootId: 'boot-2' }],
    ['another group', { ...CACHED, context: { ...CACHED.context, group: 'h' } }],
    ['another address', { ...CACHED, context: { ...CACHED.context, discovery: { a: 'z' } } }],
  ];
  for (const [name, changed] of changes) {
    test(`is replaced for ${name}`, () => {
      const file = new ContextFile(directory);
      file.write(CACHED);
      file.write(changed);
      assert.deepEqual(file.read(), changed);
    });
  }

  for (const [name, content] of [
    ['empty', ''],
    ['another version', JSON.stringify({ version: 2, ...CACHED })],
    ['null', 'null'],
    [
      'without a region',
      JSON.stringify({ version: 1, bootId: 'b', context: { instanceId: 'i', group: 'g' } }),
    ],
  ] as const) {
    test(`that is ${name} is as good as none, and is replaced`, () => {
      const file = new ContextFile(directory);
      file.write(CACHED);
      writeFileSync(path, content);
      assert.equal(file.read(), null);
      file.write(CACHED);
      assert.deepEqual(file.read(), CACHED);
    });
  }

  test('nested too deep to be compared is replaced', () => {
    const file = new ContextFile(directory);
    file.write(CACHED);
    const deep = `${'['.repeat(2e5)}${']'.repeat(2e5)}`;
    writeFileSync(path, readFileSync(path, 'utf8').replace('"x"', deep));
    file.write(CACHED);
    assert.deepEqual(file.read(), CACHED);
  });
});
