// A part of the product that others wrote: what the bill of materials and the notices say of it.

export interface Component {
  readonly name: string;
  readonly version: string;
  /** Package URL, which names it across all package systems. */
  readonly purl: string;
  /** An SPDX expression. */
  readonly licence: string;
  /** The full text, as the component itself carries it. */
  readonly licenceText: string;
  /** The files of the tree that it is in, or is. */
  readonly files: readonly string[];
  /** SHA-512 in hexadecimal of the archive it came in, where its package system records that. */
  readonly archiveSha512?: string;
}

/** What keeps a build from being released: one line, which names the component. */
export class LicenceError extends Error {
  override readonly name = 'LicenceError';
}
