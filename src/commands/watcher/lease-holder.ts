// Who holds a lease: this process, and the person at its terminal, for whoever finds the ports open or closed by it.
import { readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isatty } from 'node:tty';
import type { Environment } from '../../aws/http-agents.ts';
import { isName } from '../../watcher/control/protocol.ts';
import type { LeaseHolder } from '../../watcher/domain/lease.ts';

/** Whoever ran sudo is told rather than root. */
export function leaseHolder({ SUDO_USER: person }: Environment): LeaseHolder {
  return { pid: process.pid, user: isName(person) ? person : ownUser(), terminal: ownTerminal() };
}

function ownUser(): string {
  try {
    const { username } = userInfo();
    if (isName(username)) return username;
  } catch {
    // A user without an entry in passwd.
  }
  return `uid:${process.geteuid?.() ?? '?'}`;
}

/** Of whichever of stdin, stdout and stderr has one: `pts/2`. */
function ownTerminal(): string | null {
  const descriptor = [0, 1, 2].find((one) => isatty(one));
  if (descriptor === undefined) return null;
  try {
    const name = readlinkSync(`/proc/self/fd/${descriptor}`).replace(/^\/dev\//, '');
    return isName(name) ? name : null;
  } catch {
    return null;
  }
}
