// The lock of the one writer, which Node cannot take: it has no flock.
import { loadAddon } from './binding.ts';
import { converting } from './native-error.ts';

/**
 * Takes the lock at `path` without waiting; the file is created (mode 0600) when absent, holds our pid, and stays.
 * The kernel lets go of the lock when this process ends, however it ends. Children do not inherit it.
 * @throws FirewallError `locked` when another process holds it (its pid, where known, is in `detail`); else with the errno;
 * NativeLoadError when the addon cannot be loaded
 */
export function lock(path: string): { close(): void } {
  const addon = loadAddon();
  const close = converting('lock', () => addon.lock(path));
  return { close };
}
