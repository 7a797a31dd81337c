// What this kernel can do of what a drain needs, by doing it where nobody is: for `doctor`.
import { loadAddon } from './binding.ts';
import { toFirewallError } from './native-error.ts';

/** One thing that was tried, such as `plain table` or `TCP reset to a SYN`. */
export interface KernelTrialStep {
  readonly name: string;
  readonly ok: boolean;
  /** Whether new connections cannot be refused without it; without the others the agent does less, or tells less. */
  readonly required: boolean;
  /** What went wrong; null when it is ok. */
  readonly detail: string | null;
}

/** What came of it, or why it could not be tried here. */
export type KernelTrial =
  | {
      readonly kind: 'run';
      /** `uname -r`. */
      readonly kernelRelease: string;
      readonly steps: readonly KernelTrialStep[];
    }
  | { readonly kind: 'not-run'; readonly reason: string };

/**
 * Puts the table in, sends packets to it and takes it out, in a network namespace that is made for it and gone when the
 * promise settles (CAP_SYS_ADMIN is needed, else `not-run`). Takes milliseconds, a few seconds where something does not answer.
 * Nothing of the host's own network is touched; the kernel may load modules that it finds it needs.
 * @throws FirewallError `kernel` when the trial itself fails; NativeLoadError when the addon cannot be loaded
 */
export async function tryKernel(): Promise<KernelTrial> {
  const addon = loadAddon();
  try {
    return await addon.tryKernel();
  } catch (error) {
    throw toFirewallError('tryKernel', error);
  }
}
