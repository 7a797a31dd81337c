// A source root with npm packages in it, as little of each as the licence code reads.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export interface PackageFiles {
  readonly directory: string;
  readonly name?: string;
  readonly version?: string;
  readonly license?: unknown;
  readonly repository?: unknown;
  /** File names and their content, LICENSE among them or not. */
  readonly files?: Readonly<Record<string, string>>;
  readonly integrity?: string;
}

/** The digest of nothing in particular, as a lock file has it, and in hexadecimal. */
export const INTEGRITY = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
export const INTEGRITY_HEX = '07'.repeat(64);

export const NODE_ADDON_API: PackageFiles = {
  directory: 'node_modules/node-addon-api',
  version: '8.9.2',
  files: { 'LICENSE.md': 'MIT of node-addon-api' },
};

/** Writes the packages and the lock file. */
export function makeNpmRoot(root: string, packages: readonly PackageFiles[]): void {
  const lock: Record<string, object> = {};
  for (const {
    directory,
    integrity = INTEGRITY,
    files = { LICENSE: `text of ${directory}` },
    ...rest
  } of packages) {
    const name = directory.slice(directory.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const path = join(root, directory);
    mkdirSync(path, { recursive: true });
    writeFileSync(
      join(path, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', license: 'MIT', ...rest }),
    );
    for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
    lock[directory] = { integrity };
  }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: lock }));
}

/** What esbuild tells of bundles: for each, its inputs and how many of their bytes are in it. */
export function metafileOf(bundles: Readonly<Record<string, Readonly<Record<string, number>>>>): Metafile {
  const outputs: Metafile['outputs'] = {};
  for (const [output, shares] of Object.entries(bundles)) {
    const inputs = Object.entries(shares).map(
      ([input, bytesInOutput]) => [input, { bytesInOutput }] as const,
    );
    outputs[output] = { bytes: 0, imports: [], exports: [], inputs: Object.fromEntries(inputs) };
  }
  return { inputs: {}, outputs };
}
