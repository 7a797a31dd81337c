// The machine that is emulated for each architecture: everything of the run that differs but the names in ARCH_NAMES.
import type { Arch } from '../../scripts/packaging/arch.ts';

export interface Machine {
  readonly emulator: string;
  /** Board and processor, with all that the emulator knows of today's. */
  readonly board: readonly string[];
  /** The kernel's name of the first serial port. */
  readonly console: string;
}

export const MACHINES: Readonly<Record<Arch, Machine>> = {
  x64: {
    emulator: 'qemu-system-x86_64',
    board: ['-machine', 'pc', '-cpu', 'max'],
    console: 'ttyS0',
  },
  arm64: {
    emulator: 'qemu-system-aarch64',
    // Pointers signed in qemu's own way: the architecture's takes more time than all the rest.
    board: ['-machine', 'virt', '-cpu', 'max,pauth-impdef=on'],
    console: 'ttyAMA0',
  },
};
