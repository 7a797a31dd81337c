// What both kinds of package are made from, and what they say of themselves.
import type { Arch } from '../arch.ts';

export interface PackageInputs {
  /** The tree that passed the gates. */
  readonly tree: string;
  readonly arch: Arch;
  /** Of package.json: a semantic version. */
  readonly version: string;
  /** What everything in the package is dated by (SOURCE_DATE_EPOCH), in seconds. */
  readonly epochSeconds: number;
  readonly outDir: string;
}

export const PACKAGE = 'cs-instance-watcher';
export const SUMMARY = 'refuse new connections while CloneSquad drains this instance';
/** Lines of fewer than 80 columns, which is what package tools show. */
export const DESCRIPTION = [
  'Runs on an EC2 instance that CloneSquad scales behind a load balancer that is',
  "not AWS's, asks CloneSquad's Interaction API for the instance's own state, and",
  'refuses every new TCP connection to the configured ports while that state is',
  'draining; established connections go on to their natural end.',
];
/** No person and no address of ours: who distributes a build puts their own here. */
export const MAINTAINER = 'cs-instance-watcher packagers <cs-instance-watcher@packages.invalid>';

/** glibc that the gates allow at most, and the libstdc++ that has the GLIBCXX they allow. */
export const GLIBC_FLOOR = '2.28';
export const LIBSTDCXX_FLOOR = '9.3';

/** A pre-release (`1.0.0-rc.1`) comes before its release in both systems with `~`; `-` begins the packager's revision in both. */
export function packageVersion(version: string): string {
  return version.replaceAll('-', '~');
}
