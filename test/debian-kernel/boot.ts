// Boots a kernel in qemu with software emulation, which needs no hardware support and no privilege, and reads its console.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Machine } from './machines.ts';

export interface Boot {
  readonly machine: Machine;
  readonly image: string;
  readonly initramfs: string;
  /** The guest is ended when it has not powered itself off by then. */
  readonly deadlineMs: number;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * The guest's time is its instruction count, one a nanosecond, and idle time is skipped: what it measures is what a
 * machine of one instruction a nanosecond would show, however slow or busy this one is. That takes a single processor.
 */
const CLOCK = ['-icount', 'shift=0,sleep=off', '-rtc', 'clock=vm', '-smp', '1'];

/** Resolves with what went wrong, in words; with null when the machine powered itself off. */
export async function boot(options: Boot): Promise<string | null> {
  const { machine, image, initramfs, deadlineMs, onLine, signal } = options;
  const emulation = [...machine.board, '-accel', 'tcg', '-m', '1536', '-no-reboot', ...CLOCK];
  const devices = ['-nodefaults', '-display', 'none', '-nic', 'none', '-serial', 'stdio'];
  const parameters = ['-append', `console=${machine.console} quiet panic=-1`];
  const kernel = ['-kernel', image, '-initrd', initramfs, ...parameters];
  const deadline = AbortSignal.timeout(deadlineMs);
  const qemu = spawn(machine.emulator, [...emulation, ...devices, ...kernel], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: AbortSignal.any([deadline, signal]),
    killSignal: 'SIGKILL',
  });
  createInterface(qemu.stdout).on('line', (line) => onLine(line.replaceAll('\r', '')));
  try {
    const [code] = (await once(qemu, 'close')) as [number | null];
    return code === 0 ? null : `qemu ended with status ${code}`;
  } catch (error) {
    if (deadline.aborted) return `the guest did not end within ${deadlineMs / 1000} s`;
    return signal.aborted ? 'interrupted' : `qemu: ${(error as Error).message}`;
  }
}
