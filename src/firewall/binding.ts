// The one file that loads the addon, and the one place that declares its type: what native/binding exports.
import { createRequire } from 'node:module';
import path from 'node:path';
import type { BaseChain } from './base-chains.ts';
import type { IptablesChainPresence, LegacyTable } from './iptables.ts';
import type { KernelTrial } from './kernel-trial.ts';
import type { NativeConnectionCount, NativeInspection, NativeRuleset, PortBounds } from './native-values.ts';
import type { DestroyResult, KernelFeatures, RulesetEvent } from './ruleset.ts';

/** What the addon does without although the kernel has it, as on older kernels: for tests. */
export type AvoidableFeature = 'elementCounters' | 'tableComments';

export interface NativeFirewallOptions {
  /** `auto`: the table is owned where the kernel can, else plain. `plain`: always plain. */
  readonly ownership: 'auto' | 'plain';
  readonly without: readonly AvoidableFeature[];
}

/** `Firewall` of native/binding/firewall.cc. Its methods throw, or reject with, errors that carry operation, code, errno and detail. */
export interface NativeFirewallHandle {
  apply(ruleset: NativeRuleset): Promise<NativeInspection>;
  remove(): Promise<void>;
  inspect(): Promise<NativeInspection>;
  probe(): Promise<KernelFeatures>;
  /** Returns the function that ends it and joins its thread. */
  monitor(onEvent: (event: RulesetEvent) => void, onError: (error: Error) => void): () => void;
  close(): void;
}

export interface NativeAddon {
  readonly Firewall: new (options: NativeFirewallOptions) => NativeFirewallHandle;
  connections(ports: PortBounds, includeLoopback: boolean): Promise<NativeConnectionCount>;
  destroy(ports: PortBounds, includeLoopback: boolean): Promise<DestroyResult>;
  tryKernel(): Promise<KernelTrial>;
  listBaseChains(): Promise<readonly BaseChain[]>;
  listLegacyPrerouting(): Promise<readonly LegacyTable[] | null>;
  findIptablesChain(name: string): Promise<IptablesChainPresence>;
  notify(socketPath: string, text: string): void;
  /** Returns the function that lets go of the lock. */
  lock(path: string): () => void;
  openPipe(): { readonly readFd: number; readonly writeFd: number };
  releaseResidentMemory(): Promise<void>;
}

/** No candidate could be loaded; the message, one line, lists each with its reason. */
export class NativeLoadError extends Error {
  override readonly name = 'NativeLoadError';
}

/**
 * Loads the addon: from `$CS_NATIVE_DIR` and nowhere else when that is set (tests), else from beside the running bundle,
 * else from the build tree.
 * @throws NativeLoadError
 */
export function loadAddon(): NativeAddon {
  const failures: string[] = [];
  for (const candidate of candidates()) {
    try {
      return createRequire(candidate)(candidate) as NativeAddon;
    } catch (error) {
      failures.push(`${candidate}: ${firstLine(error)}`);
    }
  }
  throw new NativeLoadError(`cannot load the native addon (${platform()}): ${failures.join('; ')}`);
}

function candidates(): string[] {
  const chosen = process.env.CS_NATIVE_DIR;
  if (chosen) return [path.resolve(chosen, 'addon.node')];
  // In the bundles, dist/lib/*.cjs, the build puts __dirname for import.meta.dirname.
  return ['../native/addon.node', '../../build/cmake/Release/addon.node'].map((candidate) =>
    path.resolve(import.meta.dirname, candidate),
  );
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

function platform(): string {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return `${process.platform} ${process.arch}, glibc ${header.glibcVersionRuntime ?? 'none'}, node ${process.version}`;
}
