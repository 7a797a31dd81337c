// One request of an operator, as the parts of the admin socket see it, and the ways to refuse it.
import { maxDepth } from '../../contract/document-error.ts';
import { isTooDeep, parseDocument } from '../../contract/documents.ts';
import type { JsonValue } from '../../contract/python-json.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Store } from '../store/store.ts';

/** What requests are performed on. */
export interface AdminServices {
  readonly store: Store;
  readonly fleet: Fleet;
  /** Of the group that the store belongs to. */
  readonly group: string;
  readonly nowMs: () => number;
}

export interface AdminRequest {
  readonly method: string;
  /** The request's target as it came, query included. */
  readonly target: string;
  readonly body: Buffer;
}

export interface AdminAnswer {
  readonly status: number;
  /** What was asked for or changed, or `{message}` when refused. */
  readonly body: JsonValue;
}

/** A request that a route has been found for. */
export interface RoutedRequest {
  /** What the route's pattern captured, decoded. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

/** Answers with what the operator is shown. Throws AdminRefusal, or the error of a parser, when it cannot be done. */
export type PerformRequest = (request: RoutedRequest) => Promise<JsonValue>;

/** A path of the admin socket, with at most one name in it, and what each method does there. */
export interface Route {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, PerformRequest>>;
}

/** A request that is refused, with the status and the words of the refusal. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The body as an object; numbers with a fraction stay PythonFloat. Throws AdminRefusal. */
export function parseObjectBody(body: Buffer): Readonly<Record<string, unknown>> {
  const parsed = parseDocument(body.toString('utf8'), 'json');
  if (parsed.ok) return parsed.document;
  throw new AdminRefusal(400, `the body is not a JSON object: ${parsed.problem}`);
}

/** The body as JSON of any kind. Throws AdminRefusal. */
export function parseJsonBody(body: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AdminRefusal(400, 'the body is not JSON');
  }
  if (isTooDeep(value)) throw new AdminRefusal(400, `the body is nested more than ${maxDepth} deep`);
  return value;
}

/** The body as a list. Throws AdminRefusal. */
export function parseListBody(body: Buffer): readonly unknown[] {
  const value = parseJsonBody(body);
  if (!Array.isArray(value)) throw new AdminRefusal(400, 'the body is not a JSON array');
  return value;
}

/** What was found under a name. Throws AdminRefusal when nothing was. */
export function known<Found>(name: string, found: Found | null): Found {
  if (found === null) throw new AdminRefusal(404, `${name} is not known`);
  return found;
}
