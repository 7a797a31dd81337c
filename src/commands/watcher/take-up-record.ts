// Where an agent begins: what the record of this boot says, and what an earlier agent left unfinished.
import { hostClock } from '../../watcher/clock.ts';
import { adopt } from '../../watcher/domain/adopt.ts';
import type { AgentState } from '../../watcher/domain/agent-state.ts';
import type { TableObservation } from '../../watcher/domain/desired-firewall.ts';
import { recordedState } from '../../watcher/domain/plan.ts';
import { unfinishedHooksLine } from '../../watcher/observe/hook-line.ts';
import { writeEntry } from '../../watcher/observe/log-entry.ts';
import type { Log } from '../../watcher/observe/log.ts';
import type { Reporter } from '../../watcher/ports.ts';
import type { RecordRead } from '../../watcher/state/record-file.ts';
import { RecordKeeper } from '../../watcher/state/record-keeper.ts';
import type { Effects } from './agent-mode.ts';

/** Where to begin, by the record of this boot; what an earlier agent left unfinished is told, once. */
export function takeUpRecord(
  file: ReturnType<Effects['recordFile']>,
  instanceId: string | null,
  table: TableObservation,
  reporter: Reporter,
  log: Log,
): { initial: AgentState; record: RecordKeeper } {
  const { record: found, problem } = ofThePast(ofInstance(file.read(), file.path, instanceId), file.path);
  if (problem !== null) log.warn({ event: 'record-ignored' }, problem);
  const initial = adopt(found?.state ?? null, table);
  const record = new RecordKeeper(file, recordedState(initial), (trouble) =>
    reporter.degraded('record', trouble),
  );
  const unfinished = found?.unfinishedHooks ?? [];
  for (const hooks of unfinished) writeEntry(log, unfinishedHooksLine(hooks));
  // What was told once is not told again at the next start.
  if (unfinished.length > 0) record.save(recordedState(initial));
  return { initial, record };
}

/** Without a record of another instance than the one that is named: `--instance-id` was changed, or a directory copied. */
function ofInstance(read: RecordRead, path: string, instanceId: string | null): RecordRead {
  const recorded = read.record?.state.instanceId ?? null;
  if (instanceId === null || recorded === null || recorded === instanceId) return read;
  const problem = `${path} is of ${recorded}, not of ${instanceId} (--instance-id), starting without it`;
  return { record: null, problem };
}

/** Without one of a drain that begins later in this boot: its ports would be open until then. */
function ofThePast(read: RecordRead, path: string): RecordRead {
  const sinceMs = read.record?.state.drain?.sinceMonotonicMs ?? 0;
  if (sinceMs <= hostClock.monotonicMs()) return read;
  return { record: null, problem: `${path} tells of a drain that begins in the future, starting without it` };
}
