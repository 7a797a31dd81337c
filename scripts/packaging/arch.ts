// The two architectures, and what each world calls them.

export type Arch = 'x64' | 'arm64';

export interface ArchNames {
  readonly debian: string;
  readonly rpm: string;
  readonly gnuTriplet: string;
  /** `e_machine` of an ELF header. */
  readonly elfMachine: number;
  /** The dynamic loader's soname, which some programs and libraries name as needed. */
  readonly loader: string;
}

export const ARCH_NAMES: Readonly<Record<Arch, ArchNames>> = {
  x64: {
    debian: 'amd64',
    rpm: 'x86_64',
    gnuTriplet: 'x86_64-linux-gnu',
    elfMachine: 62,
    loader: 'ld-linux-x86-64.so.2',
  },
  arm64: {
    debian: 'arm64',
    rpm: 'aarch64',
    gnuTriplet: 'aarch64-linux-gnu',
    elfMachine: 183,
    loader: 'ld-linux-aarch64.so.1',
  },
};

/** This machine's. Throws where it is neither. */
export function hostArch(): Arch {
  if (process.arch === 'x64' || process.arch === 'arm64') return process.arch;
  throw new Error(`this machine is ${process.arch}: the programs are for x64 and arm64`);
}
