// systemd's notification protocol, which Node cannot speak: it has no Unix datagram sockets.
import { loadAddon } from './binding.ts';
import { converting } from './native-error.ts';

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
