// What operators may ask of a running server over its local socket: JSON over HTTP, so that curl will do. Each kind of
// thing has its requests in a file of its own.
import type { JsonValue } from '../../contract/python-json.ts';
import {
  type AdminAnswer,
  AdminRefusal,
  type AdminRequest,
  type AdminServices,
  type Route,
} from './admin-request.ts';
import { catalogueRoutes } from './catalogue-requests.ts';
import { documentRoutes } from './document-requests.ts';
import { eventRoutes } from './event-requests.ts';
import { instanceRoutes } from './instance-requests.ts';
import { metricRoutes } from './metric-requests.ts';
import { isMistake } from './mistake.ts';

/** Performs one request. A change is durable when this resolves; rejects only when the store fails. */
export async function performAdminRequest(
  services: AdminServices,
  request: AdminRequest,
): Promise<AdminAnswer> {
  try {
    return { status: 200, body: await perform(services, request) };
  } catch (error) {
    const status = refusalStatus(error);
    if (status === null) throw error;
    return { status, body: { message: (error as Error).message } };
  }
}

/** Null for what is not the operator's mistake. */
function refusalStatus(error: unknown): number | null {
  if (error instanceof AdminRefusal) return error.status;
  return isMistake(error) ? 400 : null;
}

async function perform(services: AdminServices, { method, target, body }: AdminRequest): Promise<JsonValue> {
  const [path = '', query] = target.split('?', 2);
  for (const route of routes(services)) {
    const match = route.path.exec(path);
    if (match === null) continue;
    const run = Object.hasOwn(route.methods, method) ? route.methods[method] : undefined;
    if (run === undefined) throw new AdminRefusal(405, `${method} ${path}: no such request`);
    return run({ name: decodeName(match[1] ?? ''), query: new URLSearchParams(query), body });
  }
  throw new AdminRefusal(404, `${path}: no such path`);
}

function routes(services: AdminServices): Route[] {
  return [
    ...instanceRoutes(services),
    ...eventRoutes(services),
    ...metricRoutes(services),
    ...catalogueRoutes(services),
    ...documentRoutes(services),
  ];
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AdminRefusal(400, `${text}: not percent-encoded as it should be`);
  }
}
