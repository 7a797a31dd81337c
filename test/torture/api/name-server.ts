// The one name server that an agent under test knows: it says that every name is the loopback address, or fails as told.
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../fixtures/netns.ts';

const PROGRAM = fileURLToPath(new URL('name-server-program.ts', import.meta.url));
const TYPE_A = 1;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const HEADER_BYTES = 12;

/** `loses questions`: answers one only when it is asked again, as a network does that loses packets. */
export type NameServerMode = 'answers' | 'loses questions' | 'is silent' | 'fails' | 'knows no such name';

export class NameServer {
  mode: NameServerMode = 'answers';
  /** Questions so far. */
  questions = 0;
  /** What was asked for so far. */
  readonly names = new Set<string>();
  readonly #socket: Socket;
  readonly #lost = new Set<string>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (question, { port, address }) => {
      this.questions += 1;
      this.names.add(nameIn(question));
      if (this.mode === 'is silent') return;
      // A question that is repeated comes with the same number from the same port.
      const key = `${port} ${question.readUInt16BE(0)}`;
      if (this.mode === 'loses questions' && !this.#lost.has(key)) this.#lost.add(key);
      else socket.send(reply(question, this.mode), port, address);
    });
  }

  /** Answers on port 53 of the namespace's loopback, from this process. */
  static async create(namespace: Namespace): Promise<NameServer> {
    const child = namespace.spawnNode(PROGRAM, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const given = once(child, 'message') as Promise<[unknown, Socket]>;
    const closed = once(child, 'close').then(([status]) => {
      throw new Error(`no name server's socket came from the namespace, exit status ${status}`);
    });
    closed.catch(() => undefined);
    const [, socket] = await Promise.race([given, closed]);
    return new NameServer(socket);
  }

  /** A command that starts another one for which this is the only name server; the file is written at `path`. */
  wrapper(path: string): string[] {
    writeFileSync(path, 'nameserver 127.0.0.1\n');
    return ['unshare', '--mount', 'sh', '-ec', 'mount --bind "$0" /etc/resolv.conf; exec "$@"', path];
  }

  close(): void {
    this.#socket.close();
  }
}

/** RFC 1035, section 4.1.2: labels, each after its length. */
function nameIn(question: Buffer): string {
  const labels: string[] = [];
  for (let at = HEADER_BYTES; question[at]! > 0; at += 1 + question[at]!) {
    labels.push(question.toString('latin1', at + 1, at + 1 + question[at]!));
  }
  return labels.join('.');
}

/** RFC 1035, section 4: the question repeated, and for IPv4 one address with no time to live. */
function reply(question: Buffer, mode: NameServerMode): Buffer {
  const end = question.indexOf(0, HEADER_BYTES) + 5;
  const body = Buffer.from(question.subarray(0, end));
  const isAddress =
    (mode === 'answers' || mode === 'loses questions') && body.readUInt16BE(end - 4) === TYPE_A;
  const code = mode === 'fails' ? SERVFAIL : mode === 'knows no such name' ? NXDOMAIN : 0;
  body.writeUInt16BE(0x8180 | code, 2);
  body.writeUInt16BE(isAddress ? 1 : 0, 6);
  body.fill(0, 8, HEADER_BYTES);
  // A pointer to the name, type A, class IN, 0 s, four bytes.
  const address = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
  return isAddress ? Buffer.concat([body, address]) : body;
}
