// How a script's process group is made to end.

export interface ScriptLimits {
  /** How long the script may run before SIGTERM to its group, ms. */
  readonly timeoutMs: number;
  /** From SIGTERM to SIGKILL, and from there until it is given up, ms. */
  readonly graceMs: number;
  /** Ends it early, as a timeout does. */
  readonly signal: AbortSignal;
}

export interface Ending {
  /** The script's own process is gone. */
  exited(): void;
  timedOut(): boolean;
}

/**
 * SIGTERM to the group at the timeout or the abort, SIGKILL after the grace, `giveUp` after another one. What a script
 * that was told to end leaves in its group is killed.
 */
export function endOnTimeout(pid: number, limits: ScriptLimits, giveUp: () => void): Ending {
  const { timeoutMs, graceMs, signal } = limits;
  let timedOut = false;
  let killTimer: NodeJS.Timeout | null = null;
  const terminate = (): void => {
    if (killTimer !== null) return;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(kill, graceMs);
  };
  const kill = (): void => {
    signalGroup(pid, 'SIGKILL');
    killTimer = setTimeout(giveUp, graceMs);
  };
  const timeout = setTimeout(() => {
    timedOut = true;
    terminate();
  }, timeoutMs);
  if (signal.aborted) terminate();
  signal.addEventListener('abort', terminate, { once: true });
  return {
    exited() {
      clearTimeout(timeout);
      signal.removeEventListener('abort', terminate);
      if (killTimer === null) return;
      clearTimeout(killTimer);
      signalGroup(pid, 'SIGKILL');
    },
    timedOut: () => timedOut,
  };
}

/** ESRCH: it is gone already. EPERM: it became someone else's, which the end of the wait reports. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
