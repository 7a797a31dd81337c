// The sandbox's own HTTP interface, for scripts: the same as the in-process handle, in JSON under /sandbox/.
import type { ReceivedRequest } from '../aws/sigv4/verify.ts';
import { type Fault, type SandboxService, sandboxServices } from './fault.ts';
import type { IssuedKey } from './issued-keys.ts';
import type { Answer } from './listener.ts';
import type { SandboxChange, SandboxState } from './state.ts';

/** What the interface acts on: the sandbox's handle. */
export type SandboxControls = {
  state(): SandboxState;
  /** Throws SandboxChangeError when the change cannot be made, whatever its type promises. */
  change(change: SandboxChange): void;
  /** Throws when the fault is none, whatever its type promises; undefined lifts it. */
  setFault(service: SandboxService, fault: Fault | undefined): void;
  faults(): Partial<Record<SandboxService, Fault>>;
  requests(): RequestCounts;
  resetRequests(): void;
  issuedKeys(): IssuedKey[];
  issueKey(sessionName?: string): IssuedKey;
  expireKeys(): void;
  forgetKeys(): void;
};

export type RequestCounts = {
  readonly total: Readonly<Record<SandboxService, number>>;
  /** By `service operation`: `imds GET meta-data/tags/instance`, `sts GetCallerIdentity`. */
  readonly operations: Readonly<Record<string, number>>;
};

/**
 * GET state · PATCH state · GET faults · PUT, DELETE faults/{service} · GET, DELETE requests · GET, POST keys ·
 * POST keys/expire · POST keys/forget. Errors are `{"message": ...}` with 400 or 404.
 */
export function answerAdmin(request: ReceivedRequest, controls: SandboxControls): Answer {
  const [root, collection = '', member = '', ...rest] = request.rawPath
    .split('/')
    .filter((part) => part !== '');
  if (root !== 'sandbox' || rest.length > 0) return json(404, { message: 'everything is under /sandbox/' });
  try {
    return route(`${request.method} ${collection}`, member, request, controls);
  } catch (error) {
    if (error instanceof Error) return json(400, { message: error.message });
    throw error;
  }
}

function route(route: string, member: string, request: ReceivedRequest, controls: SandboxControls): Answer {
  switch (member === '' ? route : `${route}/*`) {
    case 'GET state':
      return json(200, controls.state());
    case 'PATCH state':
      controls.change(parseBody(request) as SandboxChange);
      return json(200, controls.state());
    case 'GET faults':
      return json(200, controls.faults());
    case 'PUT faults/*':
      controls.setFault(toService(member), parseBody(request) as Fault);
      return json(200, controls.faults());
    case 'DELETE faults/*':
      controls.setFault(toService(member), undefined);
      return json(200, controls.faults());
    case 'GET requests':
      return json(200, controls.requests());
    case 'DELETE requests':
      controls.resetRequests();
      return json(200, controls.requests());
    case 'GET keys':
      return json(200, controls.issuedKeys());
    case 'POST keys':
      return json(200, controls.issueKey(sessionNameIn(request)));
    case 'POST keys/*':
      return changeKeys(member, controls);
    default:
      return json(404, { message: `there is no ${request.method} ${request.rawPath}` });
  }
}

function changeKeys(member: string, controls: SandboxControls): Answer {
  if (member === 'expire') controls.expireKeys();
  else if (member === 'forget') controls.forgetKeys();
  else return json(404, { message: `keys/${member}: must be keys/expire or keys/forget` });
  return json(200, controls.issuedKeys());
}

function toService(name: string): SandboxService {
  const service = sandboxServices.find((known) => known === name);
  if (service === undefined) throw new Error(`${name}: must be one of ${sandboxServices.join(', ')}`);
  return service;
}

function sessionNameIn(request: ReceivedRequest): string | undefined {
  if (request.body.length === 0) return undefined;
  const body = parseBody(request);
  const name =
    typeof body === 'object' && body !== null && 'sessionName' in body ? body.sessionName : undefined;
  if (typeof name !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(name)) {
    throw new Error('sessionName: must be 2 to 64 letters, digits or _+=,.@-');
  }
  return name;
}

function parseBody(request: ReceivedRequest): unknown {
  try {
    return JSON.parse(Buffer.from(request.body).toString('utf8'));
  } catch {
    throw new Error('the body is not JSON');
  }
}

function json(status: number, value: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(value, undefined, 2)}\n`,
  };
}
