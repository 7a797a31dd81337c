// The record: what a restarted agent must know to go on with a drain and to run no script twice.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Desired, RecordedState } from '../domain/agent-state.ts';
import type { OpenCause, Reason } from '../domain/decision.ts';
import { isWellFormedState } from '../domain/instance-state.ts';
import { SIGNAL_SOURCES } from '../domain/signals.ts';
import { makePrivateDirectory, writeFileAtomically } from './atomic-file.ts';
import { readSmallFile } from './small-file.ts';

/** A transition whose scripts, as far as the record knows, did not all end. */
export interface UnfinishedHooks {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Whether one of them may have run. */
  readonly begun: boolean;
}

export interface Record {
  readonly state: RecordedState;
  /** Oldest first: the one whose scripts run, and the one that waits for it. */
  readonly unfinishedHooks: readonly UnfinishedHooks[];
}

/** What reading the record gave; `problem` is one line when a file was there and could not be used. */
export interface RecordRead {
  readonly record: Record | null;
  readonly problem: string | null;
}

const VERSION = 3;
/** The year 5138: a date can tell it, and whatever is added to it here. */
const MAX_TIME_MS = 1e14;
const REASON_SOURCES: readonly unknown[] = ['state', 'tag', ...SIGNAL_SOURCES] satisfies Reason['source'][];
const OPEN_CAUSES: readonly unknown[] = [
  'state',
  'target-groups',
  'not-managed',
] satisfies OpenCause['because'][];
const DESIRED: readonly unknown[] = ['refuse', 'open', 'undetermined'] satisfies Desired[];

/** The record file in the state directory. Bound to the boot: a record of an earlier boot is none. */
export class RecordFile {
  readonly path: string;
  readonly #directory: string;
  readonly #bootId: string;

  constructor(stateDirectory: string, bootId: string) {
    this.#directory = stateDirectory;
    this.path = join(stateDirectory, 'record.json');
    this.#bootId = bootId;
  }

  /** The record of this boot, or none. A file that is unreadable, foreign or corrupt counts as none and is told. */
  read(): RecordRead {
    let text: string;
    try {
      text = readSmallFile(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { record: null, problem: null };
      return {
        record: null,
        problem: `${this.path} cannot be read, starting without it: ${(error as Error).message}`,
      };
    }
    const content = parseRecord(text);
    if (content === null)
      return { record: null, problem: `${this.path} is not a record of this agent, starting without it` };
    return { record: content.bootId === this.#bootId ? content.record : null, problem: null };
  }

  /**
   * Writes the record to disk before it returns; it belongs to whoever the directory belongs to. Root's `cleanup` writes it for an
   * agent that may be another user (DynamicUser), which could not read root's. Throws the file system's error.
   */
  write(record: Record): void {
    makePrivateDirectory(this.#directory);
    const content = { version: VERSION, bootId: this.#bootId, ...record };
    const owner = statSync(this.#directory);
    writeFileAtomically(this.path, `${JSON.stringify(content, null, 2)}\n`, 0o600, owner);
  }
}

function parseRecord(text: string): { bootId: string; record: Record } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value.version !== VERSION || typeof value.bootId !== 'string') return null;
  const { state, unfinishedHooks } = value;
  if (!isRecordedState(state) || !Array.isArray(unfinishedHooks) || !unfinishedHooks.every(isUnfinishedHooks))
    return null;
  return { bootId: value.bootId, record: { state, unfinishedHooks } };
}

function isRecordedState(value: unknown): value is RecordedState {
  return (
    isObject(value) &&
    (value.instanceId === null || typeof value.instanceId === 'string') &&
    DESIRED.includes(value.desired) &&
    Array.isArray(value.reasons) &&
    value.reasons.every(isReason) &&
    (value.open === null || isOpenCause(value.open)) &&
    (value.instanceState === null || isStateName(value.instanceState)) &&
    (value.stateSinceWallMs === null || isTime(value.stateSinceWallMs)) &&
    (value.drain === null || isRecordedDrain(value.drain)) &&
    typeof value.isTableLeased === 'boolean'
  );
}

function isRecordedDrain(value: unknown): boolean {
  return (
    isObject(value) &&
    isTime(value.sinceWallMs) &&
    isTime(value.sinceMonotonicMs) &&
    (value.outcome === null || value.outcome === 'complete' || value.outcome === 'timeout')
  );
}

function isReason(value: unknown): value is Reason {
  return (
    isObject(value) &&
    REASON_SOURCES.includes(value.source) &&
    typeof value.detail === 'string' &&
    isTime(value.sinceWallMs)
  );
}

function isOpenCause(value: unknown): boolean {
  return isObject(value) && OPEN_CAUSES.includes(value.because) && typeof value.detail === 'string';
}

function isUnfinishedHooks(value: unknown): value is UnfinishedHooks {
  return (
    isObject(value) &&
    typeof value.id === 'string' &&
    isStateName(value.from) &&
    isStateName(value.to) &&
    typeof value.begun === 'boolean'
  );
}

function isStateName(value: unknown): boolean {
  return typeof value === 'string' && isWellFormedState(value);
}

/** In milliseconds of either clock: none that a date cannot tell, as a status would have to. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME_MS;
}

function isObject(value: unknown): value is { [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
