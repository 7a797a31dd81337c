// What the checks look at: a configuration, the host's files, its kernel and its AWS. Tests bring their own.
import type { Environment } from '../../../aws/http-agents.ts';
import type { BaseChain } from '../../../firewall/base-chains.ts';
import type { IptablesChainPresence, LegacyTable } from '../../../firewall/iptables.ts';
import type { KernelTrial } from '../../../firewall/kernel-trial.ts';
import type { ConnectionCount, Inspection, KernelFeatures, PortRange } from '../../../firewall/ruleset.ts';
import type { ResolvedConfig } from '../../../watcher/config/agent-config.ts';
import type { AwsSurvey } from './aws-survey.ts';
import type { HostFiles } from './host-files.ts';

/** What the kernel tells of its packet filter. All of it only reads, and rejects with FirewallError or NativeLoadError. */
export interface Kernel {
  /** Installs and removes the table in a network namespace of its own. */
  tryTable(): Promise<KernelTrial>;
  features(): Promise<KernelFeatures>;
  inspect(): Promise<Inspection>;
  connections(ports: readonly PortRange[], includeLoopback: boolean): Promise<ConnectionCount>;
  findIptablesChain(name: string): Promise<IptablesChainPresence>;
  baseChains(): Promise<readonly BaseChain[]>;
  legacyPrerouting(): Promise<readonly LegacyTable[] | null>;
}

export interface Subject extends ResolvedConfig {
  readonly env: Environment;
  /** An image is being made: nothing of this machine may stay in it. */
  readonly isBake: boolean;
  /** Effective. */
  readonly uid: number;
  readonly host: HostFiles;
  readonly kernel: Kernel;
  readonly aws: AwsSurvey;
}
