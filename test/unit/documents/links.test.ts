// Links between the documents: what they lead to is there, down to the heading.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../../..');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

for (const path of DOCUMENTS) {
  test(`${path}: its links lead somewhere`, () => {
    const file = join(ROOT, path);
    const broken = linksIn(textOf(file)).filter((link) => brokenBecause(link, file) !== null);
    assert.deepEqual(
      broken.map((link) => `${link}: ${brokenBecause(link, file)}`),
      [],
    );
  });
}

test('every page is in the index', () => {
  const index = join(ROOT, 'docs/README.md');
  const linked = new Set(
    linksIn(textOf(index)).map((link) => resolve(dirname(index), link.split('#', 1)[0]!)),
  );
  const missing = DOCUMENTS.filter((path) => path !== 'docs/README.md' && !linked.has(join(ROOT, path)));
  assert.deepEqual(missing, []);
});

test('a broken link is noticed', () => {
  const file = join(ROOT, 'README.md');
  assert.deepEqual(linksIn('[a](nowhere.md) `[b](c)` ![p](p.png "title")\n```\n[d](e)\n```'), [
    'nowhere.md',
    'p.png',
  ]);
  assert.equal(brokenBecause('nowhere.md', file), 'there is no nowhere.md');
  assert.equal(brokenBecause('docs/README.md#nothing', file), 'docs/README.md has no heading #nothing');
  assert.equal(brokenBecause('docs/README.md#documents', file), null);
});

/** Targets in the repository; what is in code is no link. */
function linksIn(text: string): string[] {
  const prose = withoutBoxes(text).replace(/`[^`]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
    .map((match) => match[1] as string)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function brokenBecause(link: string, from: string): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : resolve(dirname(from), decodeURIComponent(path));
  const shown = relative(ROOT, target);
  if (shown.startsWith('..')) return `${shown} is outside of the repository`;
  if (!existsSync(target)) return `there is no ${shown}`;
  if (anchor === undefined) return null;
  if (statSync(target).isDirectory()) return `${shown} is a directory`;
  return anchorsOf(textOf(target)).has(anchor) ? null : `${shown} has no heading #${anchor}`;
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBoxes(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Without what stands between fences, indented ones included. */
function withoutBoxes(text: string): string {
  return text.replace(/^( *)```[^\n]*\n.*?^\1```$/gms, '');
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8');
}
