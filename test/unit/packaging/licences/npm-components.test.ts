// Which npm packages a release has, and which keep it from being one.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { LicenceError } from '../../../../scripts/packaging/licences/component.ts';
import { isCompatible } from '../../../../scripts/packaging/licences/licence-expression.ts';
import { npmComponents } from '../../../../scripts/packaging/licences/npm-components.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';
import { INTEGRITY_HEX, makeNpmRoot, metafileOf, NODE_ADDON_API, type PackageFiles } from './npm-root.ts';

describe('a licence', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['MIT', true],
    ['(MIT OR CC0-1.0)', true],
    ['GPL-2.0-only', false],
    ['GPL-2.0-only OR MIT', true],
    ['MIT OR Proprietary', true],
    ['MIT AND GPL-2.0-only', false],
    ['MIT AND (ISC OR SSPL-1.0)', true],
    ['SSPL-1.0 OR MIT AND ISC', true],
    ['MIT AND ISC AND SSPL-1.0 OR SSPL-1.0', false],
    ['MIT/CC0-1.0', false],
    ['SEE LICENSE IN LICENSE', false],
    ['(MIT', false],
    ['MIT)', false],
    ['MIT OR', false],
    ['', false],
    ['UNLICENSED', false],
  ];
  for (const [expression, expected] of cases)
    test(`${JSON.stringify(expression)} is ${expected ? '' : 'not '}compatible`, () =>
      assert.equal(isCompatible(expression), expected));
});

describe('npmComponents', () => {
  const directory = temporaryDirectory();
  after(() => directory.close());
  let roots = 0;

  function rootWith(...packages: readonly PackageFiles[]): string {
    roots += 1;
    const root = join(directory.path, String(roots));
    mkdirSync(root);
    makeNpmRoot(root, [NODE_ADDON_API, ...packages]);
    return root;
  }

  test('are the packages with bytes in a bundle, each once, and what is compiled into the addon', () => {
    const root = rootWith(
      { directory: 'node_modules/got', files: { license: 'MIT of got', 'readme.md': 'no licence' } },
      { directory: 'node_modules/got/node_modules/keyv', version: '2.0.0' },
      { directory: 'node_modules/keyv', version: '3.0.0' },
      { directory: 'node_modules/unused', license: 'SSPL-1.0' },
      {
        directory: 'node_modules/@old/name',
        name: '@new/name',
        files: { LICENSE: 'text', NOTICE: 'notice' },
      },
      { directory: 'node_modules/@new/name', files: { LICENSE: 'text', NOTICE: 'notice' } },
    );
    const metafile = metafileOf({
      'dist/lib/one.cjs': {
        'src/bin/one.ts': 5,
        'node_modules/got/dist/index.js': 10,
        'node_modules/got/node_modules/keyv/index.js': 1,
        'node_modules/@old/name/a.js': 3,
        'node_modules/unused/index.js': 0,
      },
      'dist/lib/two.cjs': {
        'node_modules/got/dist/other.js': 2,
        'node_modules/keyv/index.js': 4,
        'node_modules/@new/name/b.js': 1,
      },
    });
    const told = npmComponents([metafile], root).map(({ purl, files, licenceText }) => [
      purl,
      files.join(' '),
      licenceText,
    ]);
    assert.deepEqual(told, [
      ['pkg:npm/%40new/name@1.0.0', 'lib/one.cjs lib/two.cjs', 'text\n\nnotice'],
      ['pkg:npm/got@1.0.0', 'lib/one.cjs lib/two.cjs', 'MIT of got'],
      ['pkg:npm/keyv@2.0.0', 'lib/one.cjs', 'text of node_modules/got/node_modules/keyv'],
      ['pkg:npm/keyv@3.0.0', 'lib/two.cjs', 'text of node_modules/keyv'],
      ['pkg:npm/node-addon-api@8.9.2', 'native/addon.node', 'MIT of node-addon-api'],
    ]);
  });

  test('have the digest of the lock file', () => {
    const [component] = npmComponents([], rootWith());
    assert.equal(component?.archiveSha512, INTEGRITY_HEX);
  });

  test('published without a licence file take that of their repository', () => {
    const shared = { repository: { url: 'https://example.org/mono.git' }, license: 'Apache-2.0' };
    const root = rootWith(
      { directory: 'node_modules/bare', ...shared, files: {} },
      {
        directory: 'node_modules/other',
        ...shared,
        license: 'MIT',
        files: { LICENSE: 'of another licence' },
      },
      { directory: 'node_modules/sibling', ...shared, files: { LICENSE: 'Apache, of the repository' } },
    );
    const inputs = Object.fromEntries(
      ['bare', 'other', 'sibling'].map((name) => [`node_modules/${name}/i.js`, 1]),
    );
    const [bare] = npmComponents([metafileOf({ 'lib/one.cjs': inputs })], root);
    assert.equal(bare?.licenceText, 'Apache, of the repository');
  });

  const refused: readonly (readonly [string, Omit<PackageFiles, 'directory'>, string])[] = [
    [
      'with an incompatible licence',
      { license: 'SSPL-1.0' },
      `licence "SSPL-1.0" is not known to be compatible with the GPL's version 3`,
    ],
    [
      'without a licence',
      { license: undefined },
      `licence undefined is not known to be compatible with the GPL's version 3`,
    ],
    [
      'with a licence in the form of old',
      { license: { type: 'MIT' } },
      `licence {"type":"MIT"} is not known to be compatible with the GPL's version 3`,
    ],
    ['without a licence text', { files: { 'README.md': '# MIT' } }, 'has no licence text'],
    ['without a digest', { integrity: 'sha1-abc' }, 'has no SHA-512 in package-lock.json'],
  ];
  for (const [name, files, message] of refused)
    test(`refuses a package ${name}, and names it`, () => {
      const root = rootWith({ directory: 'node_modules/@some/thing', version: '1.2.3', ...files });
      assert.throws(
        () => npmComponents([metafileOf({ 'lib/one.cjs': { 'node_modules/@some/thing/i.js': 1 } })], root),
        (error) => error instanceof LicenceError && error.message === `@some/thing@1.2.3: ${message}`,
      );
    });
});
