// The Query protocol of STS, EC2 and SQS: a form in, XML out. Three calls do not justify three SDK clients.
import { parseXML } from '@aws-sdk/xml-builder';
import type { Limits } from './deadline.ts';
import { serviceEndpoint } from './endpoints.ts';
import type { Environment } from './http-agents.ts';
import type { SignedHttp } from './signed-http.ts';
import { withoutSignedSecrets } from './signed-secrets.ts';

/** A service and the way to it. */
export type QueryApi = {
  readonly http: SignedHttp;
  readonly env: Environment;
  readonly region: string;
  readonly dnsSuffix?: string | undefined;
  /** In place of the service's usual endpoint. */
  readonly endpoint?: URL | undefined;
};

/** The service answered with an error, or with something that is no answer of the protocol (`code` is then absent). */
export class QueryApiError extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(action: string, status: number, code: string | undefined, message: string) {
    super(`${action}: ${code ?? `HTTP ${status}`}: ${message}`);
    this.name = 'QueryApiError';
    this.status = status;
    this.code = code;
  }
}

/** The credentials work and their policy does not allow the call: a definite answer. */
export function isAccessDenied(error: unknown): boolean {
  return (
    error instanceof QueryApiError &&
    ['AccessDenied', 'UnauthorizedOperation', 'Client.UnauthorizedOperation'].includes(error.code ?? '')
  );
}

/** An answer of the protocol: its root element as plain objects, lists and strings, and the text that this was read from. */
export type QueryAnswer = { readonly content: Record<string, unknown>; readonly text: string };

/** Calls an action. Throws QueryApiError, and what SignedHttp throws. */
export async function callQueryApi(
  api: QueryApi,
  service: 'sts' | 'ec2' | 'sqs',
  parameters: { readonly Action: string; readonly Version: string } & Readonly<Record<string, string>>,
  limits: Limits,
): Promise<QueryAnswer> {
  const { region, env, dnsSuffix } = api;
  const url = api.endpoint ?? serviceEndpoint({ service, region, env, dnsSuffix });
  const answer = await api.http.send(
    {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: new URLSearchParams(parameters).toString(),
      scope: { region, service },
    },
    limits,
  );
  const text = answer.body.toString('utf8');
  const root = rootElement(text);
  if (answer.status === 200 && root?.name === `${parameters.Action}Response`) {
    return { content: root.content, text };
  }
  throw toError(parameters.Action, answer.status, root?.content);
}

/** A member of an element; an empty object when it is missing or no element. */
export function element(parent: unknown, name: string): Record<string, unknown> {
  const child = isElement(parent) ? parent[name] : undefined;
  return isElement(child) ? child : {};
}

/** The `item` children of a list element: XML does not tell one item from a list of one. */
export function items(list: Record<string, unknown>): unknown[] {
  const { item } = list;
  if (item === undefined) return [];
  return Array.isArray(item) ? item : [item];
}

function rootElement(xml: string): { name: string; content: Record<string, unknown> } | undefined {
  try {
    const document: unknown = parseXML(xml);
    if (!isElement(document)) return undefined;
    const [entry] = Object.entries(document).filter(([name]) => !name.startsWith('?'));
    return entry !== undefined && isElement(entry[1]) ? { name: entry[0], content: entry[1] } : undefined;
  } catch {
    return undefined;
  }
}

// STS and SQS say <ErrorResponse><Error>..., EC2 <Response><Errors><Error>...
function toError(
  action: string,
  status: number,
  content: Record<string, unknown> | undefined,
): QueryApiError {
  const first = element(content, 'Error');
  const { Code, Message } = 'Code' in first ? first : element(element(content, 'Errors'), 'Error');
  if (typeof Code !== 'string')
    return new QueryApiError(action, status, undefined, 'not an answer of this service');
  return new QueryApiError(
    action,
    status,
    Code,
    typeof Message === 'string' ? withoutSignedSecrets(Message) : '',
  );
}

function isElement(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
