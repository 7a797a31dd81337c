// Waits at the client's end until the instance is drained, over restarts of the agent.
import { setTimeout as delay } from 'node:timers/promises';
import { AgentNotRunning, ControlFailure } from './control-errors.ts';
import { openControl, parsed, refuse, textOf } from './control-request.ts';
import { type DrainView, PATHS } from './protocol.ts';

export interface DrainWait {
  /** Null waits without limit. */
  readonly timeoutMs: number | null;
  /** Told once when the drain's own time was over first: it may never be complete. */
  readonly onDrainTimeout: (view: DrainView) => void;
}

/** What one request waits for: short, so that an agent that hangs is noticed, and a drain that timed out told. */
const SLICE_MS = 2_000;
const ANSWER_MS = 10_000;

/** How long an agent may be away while it is restarted. */
const RESTART_MS = 5_000;
const RECONNECT_MS = 100;

/**
 * Resolves once drained, or with how far it has come when the time is over. Throws `AgentNotRunning` when there is no agent, or
 * none again within five seconds, `ControlFailure` and `ControlRefused`.
 */
export async function waitForDrained(
  runtimeDir: string,
  { timeoutMs, onDrainTimeout }: DrainWait,
): Promise<DrainView> {
  const endsAtMs = timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  let view: DrainView | null = null;
  let awaySinceMs: number | null = null;
  let isTold = false;
  for (;;) {
    const leftMs = endsAtMs - performance.now();
    if (view !== null && leftMs <= 0) return view;
    try {
      // At first only how it stands: from then on the agent is known to have been there.
      const sliceMs: number = view === null ? 1 : Math.max(1, Math.min(leftMs, SLICE_MS));
      view = await askDrained(runtimeDir, sliceMs);
      awaySinceMs = null;
      if (view.drained) return view;
      if (view.outcome === 'timeout' && !isTold) {
        isTold = true;
        onDrainTimeout(view);
      }
    } catch (error) {
      if (view === null || !isAway(error)) throw error;
      awaySinceMs ??= performance.now();
      if (performance.now() - awaySinceMs >= RESTART_MS) throw error;
      await delay(Math.max(0, Math.min(RECONNECT_MS, endsAtMs - performance.now())));
    }
  }
}

function isAway(error: unknown): boolean {
  return (
    error instanceof AgentNotRunning ||
    (error instanceof ControlFailure && (error.code === 'interrupted' || error.code === 'failed'))
  );
}

async function askDrained(runtimeDir: string, waitMs: number): Promise<DrainView> {
  const path = `${PATHS.drained}?timeout=${(waitMs / 1000).toFixed(3)}`;
  const response = await openControl({ runtimeDir, method: 'GET', path, timeoutMs: waitMs + ANSWER_MS });
  const { statusCode } = response;
  return statusCode === 200 || statusCode === 408
    ? (parsed(await textOf(response)) as DrainView)
    : refuse(response);
}
