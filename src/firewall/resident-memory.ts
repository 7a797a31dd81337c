// Memory that only a start, a discovery, a drain needed, which Node.js cannot give back.
import { loadAddon } from './binding.ts';
import { toFirewallError } from './native-error.ts';

/**
 * Unmaps code and constants that are in memory but unchanged since they were read from their files, and returns what the
 * heap of the C library has free. What is touched again is mapped again from the page cache. Some milliseconds, in the
 * thread pool.
 * @throws FirewallError with the errno when the mappings cannot be read; NativeLoadError when the addon cannot be loaded
 */
export async function releaseResidentMemory(): Promise<void> {
  const addon = loadAddon();
  try {
    await addon.releaseResidentMemory();
  } catch (error) {
    throw toFirewallError('releaseResidentMemory', error);
  }
}
