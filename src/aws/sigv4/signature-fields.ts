// What both forms of a signature carry, as text: in the Authorization header or in the parameters of a presigned URL.

export const algorithm = 'AWS4-HMAC-SHA256';

export type SignatureFields = {
  /** `key/date/region/service/terminator`. */
  readonly credential: string;
  /** Names joined by semicolons. */
  readonly signedHeaders: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** Only in the presigned form. */
  readonly expiresSeconds?: number;
};

/** `YYYYMMDDTHHMMSSZ` in milliseconds since the epoch; undefined when it is no such time. */
export function timestampMs(timestamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** The same form for a time. */
export function basicIso(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
