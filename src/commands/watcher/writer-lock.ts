// One writer on a host: the agent, or `cleanup` when no agent runs.
import { join } from 'node:path';
import { NativeLoadError } from '../../firewall/binding.ts';
import { FirewallError } from '../../firewall/errors.ts';
import { lock as lockFile } from '../../firewall/lock-file.ts';
import { makePrivateDirectory } from '../../watcher/state/atomic-file.ts';

export type WriterLock =
  | { readonly kind: 'taken'; readonly release: () => void }
  | { readonly kind: 'held'; readonly message: string }
  /** The runtime directory cannot be used, as for an ordinary user: nobody is kept out. */
  | { readonly kind: 'unavailable'; readonly problem: string };

/** Takes the lock in the runtime directory without waiting; the kernel drops it when the process ends. Throws NativeLoadError. */
export function takeWriterLock(runtimeDir: string): WriterLock {
  const path = join(runtimeDir, 'lock');
  try {
    makePrivateDirectory(runtimeDir);
    const lock = lockFile(path);
    return { kind: 'taken', release: () => lock.close() };
  } catch (error) {
    // Nothing works without the addon: that is no matter of the directory.
    if (error instanceof NativeLoadError) throw error;
    if (error instanceof FirewallError && error.code === 'locked') {
      return {
        kind: 'held',
        message: `another agent${error.detail === '' ? '' : ` (pid ${error.detail})`} holds ${path}`,
      };
    }
    return {
      kind: 'unavailable',
      problem: `${path} cannot be taken: ${(error as Error).message}`,
    };
  }
}
