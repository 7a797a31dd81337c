// The shim that spoils one netlink call of a program, seen from the test: told what to do through a file that it maps.
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Numbers of `enum Action` in the shim. */
const ACTIONS = { count: 0, fail: 1, rewrite: 2, refuse: 3, outdate: 4, kill: 5 } as const;

/** Of Linux, the same on x86-64 and arm64. */
const ERRNO = { EPERM: 1, EINTR: 4, EAGAIN: 11, ENOMEM: 12, ERESTART: 85, ENOBUFS: 105 } as const;

export type ErrorName = keyof typeof ERRNO;

/** What is done to one call; the shim's source says what each means. */
export type Fault =
  | { readonly action: 'fail' | 'rewrite' | 'refuse'; readonly error: ErrorName }
  /** With `countsFiles`, the calls that replace a file count too. */
  | { readonly action: 'kill'; readonly countsFiles: boolean }
  | { readonly action: 'count' | 'outdate' };

/** The call that was spoiled. */
export interface Hit {
  /** Such as `receive 12`, `send 12 0xa00` (NETLINK_* and the message's type) or `file rename`. */
  readonly call: string;
  /** CLOCK_MONOTONIC, as `process.hrtime` has it. */
  readonly atMs: number;
}

/** `enum FileCall` in the shim. */
const FILE_CALLS = ['create', 'write', 'flush', 'rename'] as const;

const CONTROL_BYTES = 48;

/** The faults of the programs that are started with `env`. */
export class NetlinkFaults {
  /** For a program to be started: it does nothing to one that opens no netlink socket. */
  readonly env: Readonly<Record<string, string>>;
  readonly #file: number;

  constructor(library: string, directory: string) {
    const path = join(directory, 'netlink-faults');
    this.#file = openSync(path, 'w+');
    ftruncateSync(this.#file, CONTROL_BYTES);
    this.env = { LD_PRELOAD: library, NETLINK_FAULTS: path };
  }

  /** Counts from now on; the call number `at`, from 1 on, is spoiled. */
  arm(fault: Fault, at: number): void {
    const error = 'error' in fault ? ERRNO[fault.error] : 0;
    const countsFiles = 'countsFiles' in fault && fault.countsFiles ? 1 : 0;
    const words = Uint32Array.of(ACTIONS[fault.action], at, error, countsFiles);
    // Disarmed first, so that nothing is spoiled by the old fault under a new number.
    this.disarm();
    writeSync(this.#file, new Uint8Array(CONTROL_BYTES - 16), 0, CONTROL_BYTES - 16, 16);
    writeSync(this.#file, words, 0, words.byteLength, 0);
  }

  /** Nothing is spoiled any more; what was hit stays known. */
  disarm(): void {
    writeSync(this.#file, new Uint8Array(16), 0, 16, 0);
  }

  /** Calls counted since `arm`. */
  get calls(): number {
    return this.#control().getUint32(16, true);
  }

  /** The call that was spoiled since `arm`. */
  get hit(): Hit | null {
    const control = this.#control();
    if (control.getUint32(20, true) === 0) return null;
    const [protocol, isReceive, type] = [24, 28, 32].map((at) => control.getInt32(at, true));
    const call =
      protocol === -1
        ? `file ${FILE_CALLS[type!]}`
        : isReceive
          ? `receive ${protocol}`
          : `send ${protocol} 0x${type!.toString(16)}`;
    return { call, atMs: Number(control.getBigUint64(40, true)) / 1e6 };
  }

  close(): void {
    closeSync(this.#file);
  }

  #control(): DataView {
    const bytes = new Uint8Array(CONTROL_BYTES);
    readSync(this.#file, bytes, 0, CONTROL_BYTES, 0);
    return new DataView(bytes.buffer);
  }
}
