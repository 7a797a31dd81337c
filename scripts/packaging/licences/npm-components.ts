// The npm packages that really are in the programs: what esbuild put into each bundle, and what is compiled into the addon.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { type Component, LicenceError } from './component.ts';
import { isCompatible } from './licence-expression.ts';

/** Header-only C++: its code is in the addon, and in no metafile. */
const COMPILED_IN = { directory: 'node_modules/node-addon-api', file: 'native/addon.node' } as const;

const PACKAGE_DIRECTORY = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:\.(?:md|txt))?$/i;

interface Installed {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly repository: string;
  readonly licenceText: string;
  readonly archiveSha512: string;
}

/**
 * The packages of these bundles, each once, by name. `root` has node_modules and package-lock.json; metafiles name their inputs
 * relative to it. Throws a LicenceError for a package that may not be shipped, or not be known.
 */
export function npmComponents(metafiles: readonly Metafile[], root: string): readonly Component[] {
  const filesOf = new Map<string, Set<string>>([[COMPILED_IN.directory, new Set([COMPILED_IN.file])]]);
  for (const { outputs } of metafiles)
    for (const [output, { inputs }] of Object.entries(outputs))
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const directory = PACKAGE_DIRECTORY.exec(input)?.[0];
        if (directory === undefined || bytesInOutput === 0) continue;
        const file = `lib/${output.slice(output.lastIndexOf('/') + 1)}`;
        filesOf.set(directory, (filesOf.get(directory) ?? new Set()).add(file));
      }
  const lock = readLock(root);
  const installed = [...filesOf.keys()].map((directory) => readPackage(root, directory, lock));
  const components = new Map<string, Component>();
  for (const [index, files] of [...filesOf.values()].entries()) {
    const { name, version, licence, archiveSha512, ...rest } = installed[index] as Installed;
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    // An alias is a second directory of the same package.
    const together = new Set([...(components.get(purl)?.files ?? []), ...files]);
    const licenceText = rest.licenceText || textOfRepository({ name, version, licence, ...rest }, installed);
    components.set(purl, {
      ...{ name, version, purl, licence, licenceText, archiveSha512 },
      files: [...together].sort(),
    });
  }
  return [...components.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

/** Packages of one repository share its licence file; some are published without. Throws when none of them has it. */
function textOfRepository(
  { name, version, licence, repository }: Omit<Installed, 'archiveSha512'>,
  installed: readonly Installed[],
): string {
  const sibling = installed
    .filter((other) => other.repository === repository && other.licence === licence && repository !== '')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .find(({ licenceText }) => licenceText !== '');
  if (sibling === undefined) throw new LicenceError(`${name}@${version}: has no licence text`);
  return sibling.licenceText;
}

function readPackage(
  root: string,
  directory: string,
  lock: Readonly<Record<string, { readonly integrity?: string }>>,
): Installed {
  const path = join(root, directory);
  const { name, version, license, repository } = JSON.parse(
    readFileSync(join(path, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: unknown; repository?: string | { url?: string } };
  if (typeof license !== 'string' || !isCompatible(license))
    throw new LicenceError(
      `${name}@${version}: licence ${JSON.stringify(license)} is not known to be compatible with the GPL's version 3`,
    );
  const [, digest] = /^sha512-(\S+)$/.exec(lock[directory]?.integrity ?? '') ?? [];
  if (digest === undefined) throw new LicenceError(`${name}@${version}: has no SHA-512 in package-lock.json`);
  const texts = readdirSync(path)
    .filter((file) => LICENCE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(path, file), 'utf8').trim());
  return {
    ...{ name, version, licence: license },
    repository: (typeof repository === 'string' ? repository : repository?.url) ?? '',
    licenceText: texts.join('\n\n'),
    archiveSha512: Buffer.from(digest, 'base64').toString('hex'),
  };
}

function readLock(root: string): Readonly<Record<string, { readonly integrity?: string }>> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  return packages;
}
