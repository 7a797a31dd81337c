// From a request's path to the command it names, as the running system does it: what is split before decoding, and in
// which order, decides what `%2F` or a doubled slash means.
import { plainPath } from '../../../aws/sigv4/canonical.ts';

/** API Gateway's stage; the same in every deployment. */
const stage = 'v1';

export interface StagePath {
  /** Whether nothing is left once empty parts are dropped: the route of the listing. */
  readonly isRoot: boolean;
  /** Percent-encoded still, without the stage. */
  readonly path: string;
}

/**
 * The path behind `/v1`, or null when the request is for another stage. It is the path that was signed, so that one
 * signature is not good for two operations, such as `metadata` and `configuration/../metadata`.
 */
export function pathInStage(rawPath: string): StagePath | null {
  const match = /^\/([^/]*)(.*)$/s.exec(rawPath.startsWith('/') ? plainPath(rawPath) : rawPath);
  if (match?.[1] !== stage) return null;
  const path = match[2]!;
  return { path, isRoot: path === '' || path === '/' };
}

/** Lower case, empty parts dropped, then decoded once. A `+` is not a space; broken escapes stay as they are. */
export function normaliseCommand(path: string): string {
  const joined = path
    .toLowerCase()
    .split('/')
    .filter((part) => part !== '')
    .join('/');
  return decodeOnce(joined);
}

/** Percent-decoded; what is no UTF-8 becomes U+FFFD, and broken escapes stay as they are. */
export function decodeOnce(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

/** Query parameters decoded, the last of a repeated name winning. They never touch anything else of the request. */
export function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(rawQuery));
}
