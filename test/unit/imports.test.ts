// The architecture, checked: which room of src may import which. The list below is the whole of what is allowed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const SRC = resolve(import.meta.dirname, '../../src');

/** From a room (the longest matching prefix) to the rooms it may import, besides itself. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  bin: ['commands'],
  'commands/watcher': ['watcher', 'interaction/client', 'interaction/contract', 'firewall', 'aws'],
  'commands/interact': ['interaction', 'sandbox', 'aws'],
  sandbox: ['aws'],
  'interaction/contract': [],
  'interaction/client': ['interaction/contract', 'aws'],
  'interaction/server': ['interaction/contract', 'aws'],
  'watcher/domain': [],
  'watcher/config': ['watcher/domain', 'watcher/observe', 'watcher/state'],
  'watcher/hooks': ['watcher/domain', 'watcher/ports.ts', 'firewall'],
  'watcher/state': ['watcher/domain', 'watcher/context', 'watcher/ports.ts'],
  'watcher/context': ['watcher/domain', 'aws'],
  'watcher/control': ['watcher/domain', 'watcher/ports.ts', 'watcher/observe'],
  'watcher/observe': ['watcher/domain', 'watcher/ports.ts', 'watcher/hooks', 'firewall'],
  'watcher/ports.ts': ['watcher/domain', 'firewall'],
  watcher: ['watcher/domain', 'watcher/ports.ts', 'firewall'],
  firewall: [],
  aws: [],
};

const FORBIDDEN_NAMES = /(^|\/)(utils?|lib|common|helpers?|shared)(\/|\.ts$)/;

test('every import stays on an allowed edge', () => {
  const wrong: string[] = [];
  for (const file of sourceFiles(SRC)) {
    const from = roomOf(file);
    for (const target of importsOf(file)) {
      const to = roomOf(target);
      if (from === to || EDGES[from]?.some((allowed) => to === allowed || to.startsWith(`${allowed}/`)))
        continue;
      wrong.push(`${relative(SRC, file)} imports ${relative(SRC, target)}: ${from} may not see ${to}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the loop sees ports, not adapters', () => {
  const loopFiles = [
    'loop.ts',
    'poller.ts',
    'table-keeper.ts',
    'connection-watch.ts',
    'inbox.ts',
    'ports.ts',
  ].map((name) => join(SRC, 'watcher', name));
  const rooms = new Set(loopFiles.flatMap(importsOf).map((target) => relative(SRC, target)));
  const adapters = [...rooms].filter(
    (path) =>
      path.startsWith('firewall/') &&
      !['firewall/firewall.ts', 'firewall/look.ts', 'firewall/ruleset.ts'].includes(path),
  );
  assert.deepEqual(adapters, []);
});

test("the agent's program reaches neither the server nor the sandbox", () => {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const target of importsOf(file)) visit(target);
  };
  visit(join(SRC, 'bin/cs-instance-watcher.ts'));
  assert.ok(reached.size > 20, 'the walk found the program');
  const wrong = [...reached]
    .map((file) => relative(SRC, file))
    .filter((f) => /^(interaction\/server|sandbox)\//.test(f));
  assert.deepEqual(wrong, []);
});

test('only scripts create processes', () => {
  const users = [...sourceFiles(SRC)].filter((file) =>
    /['"](node:)?child_process['"]/.test(readFileSync(file, 'utf8')),
  );
  const rooms = users.map((file) => relative(SRC, dirname(file)));
  assert.deepEqual([...new Set(rooms)], ['watcher/hooks']);
});

test('no drawer rooms', () => {
  const wrong = [...sourceFiles(SRC)]
    .map((file) => relative(SRC, file))
    .filter((file) => FORBIDDEN_NAMES.test(file));
  assert.deepEqual(wrong, []);
});

function roomOf(file: string): string {
  const path = relative(SRC, file);
  const room = Object.keys(EDGES)
    .filter((prefix) => path === prefix || path.startsWith(`${prefix}/`))
    .sort((a, b) => b.length - a.length)[0];
  assert.ok(room !== undefined, `${path} stands in no room that the list of edges knows`);
  return room;
}

function* sourceFiles(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (path.endsWith('.ts')) yield path;
  }
}

/** The files of ours that a file names in static, dynamic and type imports. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g)].map((match) =>
    resolve(dirname(file), match[1]!),
  );
}
