// The status without an agent that answers: the kernel's own word, and what the agent of this boot left on record. Only reads.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookAtTable, type TableLook } from '../../firewall/look.ts';
import { openFirewall } from '../../firewall/native-firewall.ts';
import { ReopeningFirewall } from '../../firewall/reopening-firewall.ts';
import type { AgentConfig } from '../../watcher/config/agent-config.ts';
import { countConnections } from '../../watcher/observe/status-answer.ts';
import { iso, reasonStatus } from '../../watcher/observe/status-compose.ts';
import type { StatusDocument, StatusTrouble } from '../../watcher/observe/status-document.ts';
import {
  type ConfiguredRuleset,
  connectionsStatus,
  firewallStatus,
  type KernelReading,
  rulesetShown,
} from '../../watcher/observe/status-firewall.ts';
import { bootId } from '../../watcher/state/boot.ts';
import { type Record, RecordFile, type RecordRead } from '../../watcher/state/record-file.ts';

export interface DownReading {
  readonly version: string;
  readonly wallMs: number;
  readonly kernel: KernelReading;
  readonly configured: ConfiguredRuleset;
  readonly record: RecordRead;
  /** Why an agent that is there does not answer; null when none is. */
  readonly silence: string | null;
  /** Of that agent, by its lock; null when there is none or it cannot be read. */
  readonly pid: number | null;
  /** Root may read what an ordinary user may not. */
  readonly isRoot: boolean;
}

/** Asks the kernel and reads the record. Never rejects: what cannot be read is said in the document. */
export async function readDownStatus(
  version: string,
  configured: ConfiguredRuleset & Pick<AgentConfig, 'stateDir' | 'runtimeDir'>,
  silence: string | null,
): Promise<StatusDocument> {
  const kernel = await readKernel(configured);
  const record = readRecord(configured.stateDir);
  const pid = silence === null ? null : readLockHolder(configured.runtimeDir);
  const isRoot = process.geteuid?.() === 0;
  return downStatus({ version, wallMs: Date.now(), kernel, configured, record, silence, pid, isRoot });
}

/** Who listens on the control socket holds the lock, and has written its process id there. */
function readLockHolder(runtimeDir: string): number | null {
  try {
    const pid = Number(readFileSync(join(runtimeDir, 'lock'), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function readRecord(stateDir: string): RecordRead {
  try {
    return new RecordFile(stateDir, bootId()).read();
  } catch (error) {
    return { record: null, problem: `which boot this is cannot be told: ${(error as Error).message}` };
  }
}

async function readKernel(configured: ConfiguredRuleset): Promise<KernelReading> {
  // Ownership is a matter of writing, and nothing is written here.
  const firewall = new ReopeningFirewall(() => openFirewall({ ownership: 'auto' }));
  try {
    const look = await lookAtTable(firewall);
    const { ports, includeLoopback } = rulesetShown(look, configured);
    const count = ports.length === 0 ? null : await countConnections(firewall, ports, includeLoopback);
    return { look, count, trend: null };
  } finally {
    firewall.close();
  }
}

/** The document, from what was read. */
export function downStatus(reading: DownReading): StatusDocument {
  const { version, wallMs, configured, record, silence, pid } = reading;
  const kernel = silence === null ? reading.kernel : ofAgent(reading.kernel);
  const state = record.record?.state ?? null;
  return {
    version: 1,
    program: `cs-instance-watcher ${version}`,
    at: iso(wallMs),
    agent: silence === null ? 'down' : 'unresponsive',
    pid,
    startedAt: null,
    change: null,
    condition: 'down',
    instance: {
      id: state?.instanceId ?? null,
      group: null,
      region: null,
      state: state?.instanceState ?? null,
      since: isoOrNull(state?.stateSinceWallMs ?? null),
      learnedFrom: (state?.instanceState ?? null) === null ? null : 'the record of this boot',
    },
    drain: drainOnRecord(record.record),
    reasons: (state?.reasons ?? []).map(reasonStatus),
    lease: null,
    firewall: firewallStatus(kernel, configured, null),
    connections: connectionsStatus(kernel),
    polls: null,
    context: null,
    hooks: (record.record?.unfinishedHooks ?? []).map(({ id, to }) => ({
      change: id,
      to,
      at: null,
      result: 'interrupted',
      scripts: [],
    })),
    troubles: troublesOf(reading),
    errors: [],
  };
}

/** The other process that owns the table is the agent, which does not answer. */
function ofAgent(kernel: KernelReading): KernelReading {
  const { look } = kernel;
  const seen: TableLook = look.table === 'ours' && look.holder === 'other' ? { ...look, holder: 'us' } : look;
  return { ...kernel, look: seen };
}

function drainOnRecord(record: Record | null): StatusDocument['drain'] {
  const drain = record?.state.drain ?? null;
  if (drain === null) return null;
  return { since: iso(drain.sinceWallMs), refusesAt: null, timesOutAt: null, outcome: drain.outcome };
}

function troublesOf({ wallMs, kernel, record, silence, isRoot }: DownReading): StatusTrouble[] {
  const since = iso(wallMs);
  const agent = silence === null ? [] : [{ part: 'agent', problem: silence, since }];
  // One line for all of it: who lacks the rights for the one lacks them for the other.
  if (!isRoot && kernel.look.table === 'unknown') {
    const problem = 'only root may read the drain table and the record of this boot: run it as root';
    return [...agent, { part: 'rights', problem, since }];
  }
  return record.problem === null ? agent : [...agent, { part: 'record', problem: record.problem, since }];
}

function isoOrNull(wallMs: number | null): string | null {
  return wallMs === null ? null : iso(wallMs);
}
