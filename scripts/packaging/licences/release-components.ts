// What a release is made of, besides our own source.
import { readFileSync } from 'node:fs';
import type { Metafile } from 'esbuild';
import { type Component, LicenceError } from './component.ts';
import { npmComponents } from './npm-components.ts';

export interface Runtime {
  readonly version: string;
  /** Path of the LICENSE that came with it, which has those of all that is in it. */
  readonly licenceFile: string;
}

export interface ReleaseInputs {
  /** Of the bundles, from esbuild. */
  readonly metafiles: readonly Metafile[];
  /** See `debianLibraries`. */
  readonly libraries: readonly Component[];
  readonly runtime: Runtime;
  /** Of the source: has node_modules and package-lock.json. */
  readonly root: string;
}

/** All of them, in the order in which they are told. Throws a LicenceError for one that may not be shipped. */
export function releaseComponents({
  metafiles,
  libraries,
  runtime,
  root,
}: ReleaseInputs): readonly Component[] {
  return [nodeComponent(runtime), ...libraries, ...npmComponents(metafiles, root)];
}

function nodeComponent({ version, licenceFile }: Runtime): Component {
  const licenceText = readFileSync(licenceFile, 'utf8').trim();
  if (licenceText === '') throw new LicenceError(`node ${version}: has no licence text`);
  return {
    ...{ name: 'node', version, licence: 'MIT', licenceText },
    purl: `pkg:generic/node@${version}`,
    files: ['runtime/node'],
  };
}
