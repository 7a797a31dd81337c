// A client beside the instance: whether it is let in is what a drain comes to in the end.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { connect, createNamespace, type Namespace } from '../../fixtures/netns.ts';

const INSTANCE = '192.0.2.1';
/** One that was named alone, and one of a range. */
const PROBED_PORTS = [80, 8005] as const;

// Accepts and closes: a connection that is let in is answered, whatever the agent does. Ends with its input, as this process does.
const SERVER = `
  use IO::Socket::INET; use IO::Select; $| = 1;
  my $select = IO::Select->new(\\*STDIN, map {
    IO::Socket::INET->new(Listen => 64, LocalPort => $_, ReuseAddr => 1) or die "port $_: $!"
  } @ARGV);
  print "listening\\n";
  while (1) { for my $ready ($select->can_read) {
    exit if fileno($ready) == 0;
    close($ready->accept);
  } }`;

const CLIENT = `
  for port in "$@"; do
    if timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$0" "$port" 2>/dev/null
    then echo let-in
    else case $? in 124) echo silent ;; *) echo refused ;; esac
    fi
  done`;

export class PortProbe {
  readonly #client: Namespace;
  readonly #server: ChildProcess;

  private constructor(client: Namespace, server: ChildProcess) {
    this.#client = client;
    this.#server = server;
  }

  /** Serves drained ports in the namespace and joins a client to it. */
  static async create(instance: Namespace): Promise<PortProbe> {
    const client = await createNamespace();
    await connect(
      { namespace: instance, device: 'to-client', addresses: [`${INSTANCE}/24`] },
      { namespace: client, device: 'to-instance', addresses: ['192.0.2.2/24'] },
    );
    const server = instance.spawn('perl', ['-e', SERVER, ...PROBED_PORTS.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(server.stdout!, 'data');
    return new PortProbe(client, server);
  }

  /** `let-in`, `refused` or `silent` where all ports agree; else what each said. */
  async outcome(): Promise<string> {
    const child = this.#client.spawn('sh', ['-c', CLIENT, INSTANCE, ...PROBED_PORTS.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const words = (await text(child.stdout!)).trim().split('\n');
    return [...new Set(words)].join(', ');
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.kill('SIGKILL');
    await closed;
    await this.#client.close();
  }
}
