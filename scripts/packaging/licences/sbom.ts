// The bill of materials, SPDX 2.3: every component with its version, licence and origin, and which file of the tree it is in.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from '../arch.ts';
import type { Component } from './component.ts';
import { type ReleaseInputs, releaseComponents } from './release-components.ts';

export interface SbomInputs extends ReleaseInputs {
  readonly arch: Arch;
  readonly version: string;
  /** The moment that the release is dated by (SOURCE_DATE_EPOCH), so that two builds are alike. */
  readonly createdAt: Date;
  /** Where the files of the components lie as they are packed. */
  readonly tree: string;
}

const PRODUCT = 'cs-instance-watcher';
const PRODUCT_ID = 'SPDXRef-Package-cs-instance-watcher';
const PRODUCT_LICENCE = 'GPL-3.0-or-later';

/** The document, for JSON. Throws a LicenceError as `releaseComponents` does, and when a file is not in the tree. */
export function sbomDocument(inputs: SbomInputs): object {
  const { arch, version, createdAt, tree } = inputs;
  const components = releaseComponents(inputs);
  const files = [...new Set(components.flatMap(({ files }) => files))].sort();
  const content = {
    packages: [productPackage(version, arch), ...components.map(componentPackage)],
    files: files.map((path) => fileEntry(path, readFileSync(join(tree, path)))),
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', PRODUCT_ID),
      ...files.map((path) => relationship(PRODUCT_ID, 'CONTAINS', fileId(path))),
      ...components.flatMap((component) =>
        component.files.map((path) => relationship(fileId(path), 'CONTAINS', packageId(component))),
      ),
    ],
  };
  const name = `${PRODUCT}-${version}-linux-${arch}`;
  const digest = hash('sha256', Buffer.from(JSON.stringify(content)));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    // Unique to what the document says, as the specification wants it, and the same for the same build.
    documentNamespace: `https://spdx.org/spdxdocs/${name}-${digest}`,
    creationInfo: {
      created: createdAt.toISOString().replace(/\.\d+Z$/, 'Z'),
      creators: [`Tool: ${PRODUCT}-package-${version}`],
    },
    ...content,
  };
}

function productPackage(version: string, arch: Arch): object {
  return {
    SPDXID: PRODUCT_ID,
    name: PRODUCT,
    versionInfo: version,
    ...NOT_LOOKED_AT,
    licenseConcluded: PRODUCT_LICENCE,
    licenseDeclared: PRODUCT_LICENCE,
    primaryPackagePurpose: 'APPLICATION',
    externalRefs: [purlReference(`pkg:generic/${PRODUCT}@${version}?arch=${arch}`)],
  };
}

function componentPackage(component: Component): object {
  const { name, version, licence, purl, archiveSha512 } = component;
  return {
    SPDXID: packageId(component),
    name,
    versionInfo: version,
    ...NOT_LOOKED_AT,
    // What it says of itself: the runtime, for one, has parts under other licences, all of them in its own text.
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: licence,
    ...(archiveSha512 !== undefined && {
      checksums: [{ algorithm: 'SHA512', checksumValue: archiveSha512 }],
    }),
    externalRefs: [purlReference(purl)],
  };
}

/** Copyright lines are in the notices, in full; the purl says where a component comes from. */
const NOT_LOOKED_AT = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  copyrightText: 'NOASSERTION',
} as const;

function fileEntry(path: string, content: Buffer): object {
  return {
    SPDXID: fileId(path),
    fileName: `./${path}`,
    // SHA-1 is the one that the specification demands.
    checksums: [
      { algorithm: 'SHA1', checksumValue: hash('sha1', content) },
      { algorithm: 'SHA256', checksumValue: hash('sha256', content) },
    ],
    licenseConcluded: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
  };
}

function purlReference(purl: string): object {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
}

function relationship(from: string, relationshipType: string, to: string): object {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to };
}

function packageId({ purl }: Component): string {
  return `SPDXRef-Package-${identifier(purl.slice('pkg:'.length))}`;
}

function fileId(path: string): string {
  return `SPDXRef-File-${identifier(path)}`;
}

/** Letters, digits, `.` and `-` are all that an identifier may have. */
function identifier(text: string): string {
  return text.replaceAll('%40', '').replaceAll(/[^A-Za-z0-9.-]+/g, '-');
}

function hash(algorithm: 'sha1' | 'sha256', content: Buffer): string {
  return createHash(algorithm).update(content).digest('hex');
}
