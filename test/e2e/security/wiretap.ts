// A tap on HTTP between a program and a service: whatever goes by that nobody may keep is remembered, to be looked for later.
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as sendOn,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { NamespaceListener } from '../agent/namespace-listener.ts';

/** Headers of a request that are secret as a whole. */
const SECRET_HEADERS = ['x-amz-security-token', 'x-aws-ec2-metadata-token'];
/** Members of a credentials document. */
const SECRET_MEMBERS = /"(?:SecretAccessKey|Token)"\s*:\s*"([^"]+)"/g;

/** What the tap answers in the service's place; undefined: the service does. */
export type Interference = (request: IncomingMessage, answered: Buffer) => Buffer | undefined;

export class Wiretap {
  readonly url: string;
  /** What went by, by what it is. */
  readonly secrets = new Map<string, Set<string>>();
  interference: Interference = () => undefined;
  readonly #server;

  /** Listens in the program's namespace and passes everything on to `service`. */
  constructor({ port, socket }: NamespaceListener, service: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#server = createServer((request, response) => {
      this.#pass(request, response, service).catch(() => response.destroy());
    });
    this.#server.listen(socket);
  }

  /** Remembers what is secret of a request that came some other way. */
  hear(headers: IncomingHttpHeaders): void {
    for (const name of SECRET_HEADERS) this.#add(name, headers[name]);
    this.#add('signature', /Signature=(\w{64})/.exec(headers.authorization ?? '')?.[1]);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #pass(request: IncomingMessage, response: ServerResponse, service: string): Promise<void> {
    this.hear(request.headers);
    const { method, headers } = request;
    // With its own host: that is signed.
    const onward = sendOn(new URL(request.url ?? '/', service), { method, headers, agent: false });
    onward.end(await buffer(request));
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const answered = await buffer(answer);
    const text = answered.toString('utf8');
    if (request.url === '/latest/api/token') this.#add('x-aws-ec2-metadata-token', text);
    for (const [, secret] of text.matchAll(SECRET_MEMBERS)) this.#add('credentials document', secret);
    const { connection: _, 'content-length': __, 'transfer-encoding': ___, ...told } = answer.headers;
    response.writeHead(answer.statusCode ?? 500, told).end(this.interference(request, answered) ?? answered);
  }

  #add(kind: string, secret: string | string[] | undefined): void {
    if (typeof secret !== 'string' || secret.length < 8) return;
    const known = this.secrets.get(kind) ?? new Set();
    this.secrets.set(kind, known.add(secret));
  }
}
