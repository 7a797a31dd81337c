// What operators may ask of a running server over its local socket: JSON over HTTP, so that curl will do.
//   GET /instances   GET|DELETE /instances/ID   POST /instances (new)   PUT /instances/ID (new or replaced)
//   PUT /instances/ID/state   {"state": "draining", "unlisted": false}
import { instanceStates, isListedState } from '../../contract/instance-states.ts';
import type { FleetInstance, FleetStore } from '../fleet-store.ts';
import { FleetInstanceError, parseFleetInstance } from '../parse-fleet-instance.ts';

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

export interface AdminAnswer {
  readonly status: number;
  /** The instance or instances asked for or changed, or `{message}` when refused. */
  readonly body: FleetInstance | readonly FleetInstance[] | { readonly message: string };
}

/** Longest state the model can carry; a longer one would be no answer to any client. */
const maxStateBytes = 1024;

/** A request that is refused, with the status and the words of the refusal. */
class AdminRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Performs one request. A change is durable when this resolves; rejects only when the store fails. */
export async function performAdminRequest(store: FleetStore, request: AdminRequest): Promise<AdminAnswer> {
  try {
    return await perform(store, request);
  } catch (error) {
    if (error instanceof AdminRefusal) return { status: error.status, body: { message: error.message } };
    if (error instanceof FleetInstanceError) return { status: 400, body: { message: error.message } };
    throw error;
  }
}

async function perform(store: FleetStore, request: AdminRequest): Promise<AdminAnswer> {
  const [collection, id, member, ...rest] = request.path.split('/').slice(1);
  if (collection !== 'instances' || rest.length > 0 || (member !== undefined && member !== 'state')) {
    throw new AdminRefusal(404, `${request.path}: no such path`);
  }
  switch (`${request.method} ${id === undefined ? 'all' : (member ?? 'one')}`) {
    case 'GET all':
      return { status: 200, body: await store.instances() };
    case 'POST all':
      return add(store, parseFleetInstance(parseBody(request.body)));
    case 'GET one':
      return { status: 200, body: known(id!, await store.instance(id!)) };
    case 'PUT one':
      return replace(store, parseFleetInstance({ ...(parseBody(request.body) as object), id }));
    case 'DELETE one':
      return { status: 200, body: known(id!, await store.remove(id!)) };
    case 'PUT state': {
      const state = parseState(parseBody(request.body));
      return { status: 200, body: known(id!, await store.setState(id!, state)) };
    }
    default:
      throw new AdminRefusal(405, `${request.method} ${request.path}: no such request`);
  }
}

async function add(store: FleetStore, instance: FleetInstance): Promise<AdminAnswer> {
  requireListedState(instance.state, false);
  if (!(await store.add(instance))) throw new AdminRefusal(409, `${instance.id} is already known`);
  return { status: 200, body: instance };
}

async function replace(store: FleetStore, instance: FleetInstance): Promise<AdminAnswer> {
  requireListedState(instance.state, false);
  await store.put(instance);
  return { status: 200, body: instance };
}

function known(id: string, instance: FleetInstance | null): FleetInstance {
  if (instance === null) throw new AdminRefusal(404, `${id} is not known`);
  return instance;
}

function parseState(body: unknown): string {
  const { state, unlisted } = (body ?? {}) as Record<string, unknown>;
  if (typeof state !== 'string' || state === '') throw new AdminRefusal(400, 'state: expected a string');
  requireListedState(state, unlisted === true);
  return state;
}

function requireListedState(state: string, isUnlistedAllowed: boolean): void {
  if (Buffer.byteLength(state) > maxStateBytes) {
    throw new AdminRefusal(400, `state: longer than ${maxStateBytes} bytes`);
  }
  if (isUnlistedAllowed || isListedState(state)) return;
  throw new AdminRefusal(400, `state: expected one of ${instanceStates.join(', ')}`);
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AdminRefusal(400, 'the body is not JSON');
  }
}
