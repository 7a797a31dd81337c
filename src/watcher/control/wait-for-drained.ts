// Waits at the client's end until the instance is drained, over restarts of the agent.
import { setTimeout as delay } from 'node:timers/promises';
import { AgentNotRunning, ControlFailure } from './control-errors.ts';
import { openControl, parsed, refuse, textOf } from './control-request.ts';
import { type DrainView, isSettled, PATHS } from './protocol.ts';

/** What one request waits for: short, so that an agent that hangs is noticed. */
const SLICE_MS = 2_000;
const ANSWER_MS = 10_000;

/** How long an agent may be away while it is restarted. */
const RESTART_MS = 5_000;
const RECONNECT_MS = 100;

/**
 * Resolves once the drain has come to its outcome and its scripts to their end, or with how far it has come when the time
 * (ms, null is without limit) is over. Throws `AgentNotRunning` when there is no agent, or
 * none again within five seconds, `ControlFailure` and `ControlRefused`.
 */
export async function waitForDrained(runtimeDir: string, timeoutMs: number | null): Promise<DrainView> {
  const endsAtMs = timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  let view: DrainView | null = null;
  let wasThere = false;
  let awaySinceMs: number | null = null;
  for (;;) {
    const leftMs = endsAtMs - performance.now();
    if (view !== null && leftMs <= 0) return view;
    try {
      // At first only how it stands: from then on the agent is known to have been there.
      const sliceMs: number = view === null ? 1 : Math.max(1, Math.min(leftMs, SLICE_MS));
      view = await askDrained(runtimeDir, sliceMs);
      wasThere = true;
      awaySinceMs = null;
      if (isSettled(view)) return view;
    } catch (error) {
      // Whoever closes a connection was there; where nobody has been yet, nobody is waited for.
      wasThere ||= error instanceof ControlFailure && error.code === 'interrupted';
      if (!wasThere || !isAway(error)) throw error;
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
