// What EC2 and Auto Scaling announce to the sandbox's instance: how it is set, and the items of the metadata that say it.

/** Null: nothing is announced, and the metadata has no such item (404). Times are such as 2026-11-22T10:00:00Z. */
export type Signals = {
  spotInterruption: { action: SpotAction; time: string } | null;
  /** When the rebalance recommendation was given. */
  rebalanceNoticeTime: string | null;
  targetLifecycleState: TargetLifecycleState | null;
};

export type SpotAction = 'hibernate' | 'stop' | 'terminate';

export type TargetLifecycleState =
  | 'InService'
  | 'Terminated'
  | 'Detached'
  | 'Standby'
  | 'Warmed:Hibernated'
  | 'Warmed:Running'
  | 'Warmed:Stopped'
  | 'Warmed:Terminated';

const spotActions: readonly unknown[] = ['hibernate', 'stop', 'terminate'] satisfies SpotAction[];
const targetLifecycleStates: readonly unknown[] = [
  'InService',
  'Terminated',
  'Detached',
  'Standby',
  'Warmed:Hibernated',
  'Warmed:Running',
  'Warmed:Stopped',
  'Warmed:Terminated',
] satisfies TargetLifecycleState[];

/** An on-demand instance outside any group. */
export function noSignals(): Signals {
  return { spotInterruption: null, rebalanceNoticeTime: null, targetLifecycleState: null };
}

/** What is wrong with a value from outside; undefined when it can be set. */
export function signalProblem(name: keyof Signals, value: unknown): string | undefined {
  if (value === null) return undefined;
  switch (name) {
    case 'spotInterruption':
      return isSpotInterruption(value)
        ? undefined
        : `must be null or {"action": ${spotActions.join('|')}, "time": UTC such as 2026-11-22T10:00:00Z}`;
    case 'rebalanceNoticeTime':
      return isTime(value) ? undefined : 'must be null or UTC such as 2026-11-22T10:00:00Z';
    case 'targetLifecycleState':
      return targetLifecycleStates.includes(value)
        ? undefined
        : `must be null or one of ${targetLifecycleStates.join(', ')}`;
  }
}

/** The item of the metadata at `path`; undefined when it is not there, or none of these. */
export function readSignalItem(path: string, signals: Signals): string | undefined {
  const { spotInterruption, rebalanceNoticeTime, targetLifecycleState } = signals;
  switch (path) {
    case 'meta-data/spot/instance-action':
      return spotInterruption === null ? undefined : JSON.stringify(spotInterruption);
    case 'meta-data/events/recommendations/rebalance':
      return rebalanceNoticeTime === null ? undefined : JSON.stringify({ noticeTime: rebalanceNoticeTime });
    case 'meta-data/autoscaling/target-lifecycle-state':
      return targetLifecycleState ?? undefined;
    default:
      return undefined;
  }
}

function isSpotInterruption(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { action, time, ...others } = value as Record<string, unknown>;
  return spotActions.includes(action) && isTime(time) && Object.keys(others).length === 0;
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
