// The bill of materials and the notices of a release: complete, of SPDX's form, and the same for the same inputs.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Component, LicenceError } from '../../../../scripts/packaging/licences/component.ts';
import { debianLibraries } from '../../../../scripts/packaging/licences/debian-libraries.ts';
import { noticesText } from '../../../../scripts/packaging/licences/notices.ts';
import { type SbomInputs, sbomDocument } from '../../../../scripts/packaging/licences/sbom.ts';
import { temporaryDirectory } from '../../../fixtures/programs.ts';
import { INTEGRITY_HEX, makeNpmRoot, metafileOf, NODE_ADDON_API } from './npm-root.ts';

const SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, 'spdx-2.3.schema.json'), 'utf8')) as object;

interface Document {
  readonly documentNamespace: string;
  readonly creationInfo: { readonly created: string };
  readonly packages: readonly {
    readonly SPDXID: string;
    readonly name: string;
    readonly checksums?: unknown;
  }[];
  readonly files: readonly {
    readonly SPDXID: string;
    readonly fileName: string;
    readonly checksums: readonly { readonly algorithm: string; readonly checksumValue: string }[];
  }[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relationshipType: string;
    readonly relatedSpdxElement: string;
  }[];
}

const LIBRARY: Component = {
  ...{ name: 'libnftnl11', version: '1.2.4-2', licence: 'GPL-2.0-or-later', licenceText: 'text of libnftnl' },
  purl: 'pkg:deb/debian/libnftnl11@1.2.4-2?arch=arm64',
  files: ['native/libnftnl.so.11'],
};

describe('the documents of a release', () => {
  const directory = temporaryDirectory();
  after(() => directory.close());
  const [root, tree] = [join(directory.path, 'root'), join(directory.path, 'tree')];
  const licenceFile = join(directory.path, 'node-LICENSE');
  makeNpmRoot(root, [
    NODE_ADDON_API,
    { directory: 'node_modules/got', files: { LICENSE: 'the MIT licence' } },
    { directory: 'node_modules/@scope/part', files: { LICENSE: 'the MIT licence' } },
  ]);
  writeFileSync(licenceFile, 'text of Node.js\n');
  for (const path of ['lib/one.cjs', 'native/addon.node', 'native/libnftnl.so.11', 'runtime/node']) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `content of ${path}`);
  }
  const inputs: SbomInputs = {
    metafiles: [
      metafileOf({ 'lib/one.cjs': { 'node_modules/got/i.js': 1, 'node_modules/@scope/part/i.js': 1 } }),
    ],
    libraries: [LIBRARY],
    runtime: { version: '24.21.0', licenceFile },
    ...{ root, tree, arch: 'arm64', version: '0.1.0', createdAt: new Date(1_700_000_000_000) },
  };
  const document = sbomDocument(inputs) as Document;

  test('the bill of materials has the form of SPDX 2.3', () => {
    const validate = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(SCHEMA);
    assert.ok(validate(document), JSON.stringify(validate.errors, null, 2));
    const { packages: _, ...without } = document;
    assert.ok(!validate(without), 'a document without packages is refused');
  });

  test('it names every component, dated as the release is', () => {
    assert.deepEqual(
      document.packages.map(({ name }) => name),
      ['cs-instance-watcher', 'node', 'libnftnl11', '@scope/part', 'got', 'node-addon-api'],
    );
    assert.equal(document.creationInfo.created, '2023-11-14T22:13:20Z');
    assert.deepEqual(document.packages.at(-1)?.checksums, [
      { algorithm: 'SHA512', checksumValue: INTEGRITY_HEX },
    ]);
  });

  test('its identifiers are unique, and whatever is related is there', () => {
    const ids = [
      'SPDXRef-DOCUMENT',
      ...[...document.packages, ...document.files].map(({ SPDXID }) => SPDXID),
    ];
    assert.equal(new Set(ids).size, ids.length);
    const related = new Set(
      document.relationships.flatMap(({ spdxElementId, relatedSpdxElement }) => [
        spdxElementId,
        relatedSpdxElement,
      ]),
    );
    assert.deepEqual([...related].sort(), ids.sort());
    assert.ok(
      document.relationships.some(
        ({ spdxElementId, relatedSpdxElement }) =>
          spdxElementId === 'SPDXRef-File-lib-one.cjs' &&
          relatedSpdxElement === 'SPDXRef-Package-npm-got-1.0.0',
      ),
    );
  });

  test('it has the sums of the files as they are packed', () => {
    const file = document.files.find(({ fileName }) => fileName === './runtime/node');
    const sum = createHash('sha256').update('content of runtime/node').digest('hex');
    assert.ok(
      file?.checksums.some(({ algorithm, checksumValue }) => algorithm === 'SHA256' && checksumValue === sum),
    );
  });

  test('it is the same for the same inputs, and has another namespace for others', () => {
    assert.deepEqual(sbomDocument(inputs), document);
    const newer = { ...LIBRARY, version: '1.2.4-3' };
    const other = sbomDocument({ ...inputs, libraries: [newer] }) as Document;
    assert.notEqual(other.documentNamespace, document.documentNamespace);
  });

  test('the notices have every component and every text, a shared one once', () => {
    const text = noticesText(inputs);
    assert.deepEqual(text.match(/^.* \(.*\), in .*$/gm), [
      'node 24.21.0 (MIT), in runtime/node',
      'libnftnl11 1.2.4-2 (GPL-2.0-or-later), in native/libnftnl.so.11',
      '@scope/part 1.0.0 (MIT), in lib/one.cjs',
      'got 1.0.0 (MIT), in lib/one.cjs',
      'node-addon-api 8.9.2 (MIT), in native/addon.node',
    ]);
    for (const licence of ['text of Node.js', 'text of libnftnl', 'the MIT licence', 'MIT of node-addon-api'])
      assert.equal(text.split(`\n${licence}\n`).length, 2, licence);
    assert.match(text, /^.* apt-get source --download-only libnftnl11=1\.2\.4-2$/m);
  });

  test('a runtime without a licence is refused', () => {
    const empty = join(directory.path, 'empty');
    writeFileSync(empty, '\n');
    assert.throws(
      () => noticesText({ ...inputs, runtime: { version: '24.21.0', licenceFile: empty } }),
      new LicenceError('node 24.21.0: has no licence text'),
    );
  });

  test("Debian's libraries come with their versions and with the licences that their copyright points to", () => {
    const sysroot = join(directory.path, 'sysroot');
    put(sysroot, 'versions.json', JSON.stringify({ libmnl0: '1.0.4-3', libnftnl11: '1.2.4-2' }));
    const pointer = (name: string) =>
      `Copyright: Pablo Neira Ayuso\n see /usr/share/common-licenses/${name}.`;
    put(sysroot, 'usr/share/doc/libmnl0/copyright', pointer('LGPL-2.1'));
    put(sysroot, 'usr/share/doc/libnftnl11/copyright', pointer('GPL-2'));
    put(sysroot, 'usr/share/common-licenses/LGPL-2.1', 'the lesser text\n');
    put(sysroot, 'usr/share/common-licenses/GPL-2', 'the general text\n');
    assert.deepEqual(
      debianLibraries('arm64', sysroot).map(({ version, purl, licenceText, files }) => ({
        ...{ version, purl, files },
        last: licenceText.split('\n').at(-1),
      })),
      [
        {
          version: '1.0.4-3',
          purl: 'pkg:deb/debian/libmnl0@1.0.4-3?arch=arm64',
          files: ['native/libmnl.so.0'],
          last: 'the lesser text',
        },
        {
          version: '1.2.4-2',
          purl: 'pkg:deb/debian/libnftnl11@1.2.4-2?arch=arm64',
          files: ['native/libnftnl.so.11'],
          last: 'the general text',
        },
      ],
    );
    put(sysroot, 'versions.json', JSON.stringify({ libmnl0: '1.0.4-3' }));
    assert.throws(
      () => debianLibraries('arm64', sysroot),
      /^LicenceError: libnftnl11: is of no known version$/,
    );
    rmSync(join(sysroot, 'usr/share/doc/libmnl0'), { recursive: true });
    assert.throws(
      () => debianLibraries('arm64', sysroot),
      /^LicenceError: libmnl0: has no licence text: ENOENT/,
    );
  });
});

function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
