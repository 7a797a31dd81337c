// systemd's notification protocol, which Node cannot speak: it has no Unix datagram sockets.
import { loadAddon } from './binding.ts';
import { converting } from './native-error.ts';

/** What the service manager's environment says of its watchdog (sd_watchdog_enabled(3)). */
export interface WatchdogRequest {
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/** Whether the service manager waits for a sign of life of the process `pid`, and not of the one that started it. */
export function isWatchdogAsked({ WATCHDOG_USEC, WATCHDOG_PID }: WatchdogRequest, pid: number): boolean {
  if (!/^[0-9]*[1-9][0-9]*$/.test(WATCHDOG_USEC ?? '')) return false;
  return WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid);
}

/**
 * A sign of life, and how long to wait for the next one. Either assignment starts the time anew, in any order and before
 * READY=1 too, as systemd's service_override_watchdog_timeout does (236 and later).
 */
export function signOfLife(nextWithinMs: number): string {
  return `WATCHDOG_USEC=${Math.ceil(nextWithinMs * 1000)}\nWATCHDOG=1`;
}

/**
 * Tells the service manager `text`: newline-separated assignments such as `READY=1` (sd_notify(3)). Never blocks.
 * @param socketPath the value of `NOTIFY_SOCKET`: an absolute path, or `@` and an abstract name
 * @returns false, having done nothing, when there is no service manager to tell (`socketPath` is undefined or empty)
 * @throws FirewallError with the errno; EAGAIN when the service manager does not keep up
 */
export function notify(socketPath: string | undefined, text: string): boolean {
  if (!socketPath) return false;
  converting('notify', () => loadAddon().notify(socketPath, text));
  return true;
}
