// A service manager's notification socket, by perl (in every Debian): Node.js has no unix datagram sockets.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { LogLines } from '../../fixtures/log-lines.ts';

const RECEIVER = `
  use Socket; $| = 1;
  socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
  bind($s, pack_sockaddr_un($ARGV[0])) or die "bind: $!";
  print STDERR "bound\\n";
  while (defined recv($s, my $datagram, 65536, 0)) { print $datagram, "\\n"; }`;

export interface NotifySocket {
  /** One line an assignment, as its `message`. */
  readonly lines: LogLines;
  close(): Promise<void>;
}

/** Receives at `path` from now on. */
export async function receiveNotifications(path: string): Promise<NotifySocket> {
  const child = spawn('perl', ['-e', RECEIVER, path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [first] = (await once(createInterface({ input: child.stderr }), 'line')) as [string];
  if (first !== 'bound') throw new Error(`the notification socket: ${first}`);
  return {
    lines: new LogLines(child.stdout),
    async close() {
      child.kill();
      await closed;
    },
  };
}
