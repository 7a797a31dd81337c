// Requests as a client signs them, in the form that the server receives them in.
import { signRequest } from '../../../../src/aws/sigv4/sign.ts';
import type { ArrivedRequest } from '../../../../src/interaction/server/handle-request.ts';

export const region = 'eu-west-3';
export const nowMs = Date.parse('2026-01-01T00:00:00Z');

export interface Target {
  readonly method?: string;
  /** Path and query, e.g. `/v1/metadata?instanceid=i-0`. */
  readonly target: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly region?: string;
  readonly service?: string;
}

export interface Secret {
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export async function signedRequest(id: string, key: Secret, request: Target): Promise<ArrivedRequest> {
  const { method = 'GET', target, host = 'api.example.com', headers = {}, body = '' } = request;
  const signed = await signRequest(
    { method, url: new URL(`https://${host}${target}`), headers, body },
    { region: request.region ?? region, service: request.service ?? 'execute-api' },
    {
      accessKeyId: id,
      secretAccessKey: key.secretAccessKey,
      ...(key.sessionToken === undefined ? {} : { sessionToken: key.sessionToken }),
    },
    nowMs,
  );
  const [rawPath, rawQuery = ''] = target.split('?') as [string, string?];
  return { method, rawPath, rawQuery, headers: Object.entries(signed.headers), body: Buffer.from(body) };
}
