// Where the Interaction API is: the routes that a discovery document or an operator's --api-url allow, and no others.
// Every request goes to the host of such a route, so nothing that the network answers can move it elsewhere.

/** One way to the API. `url` ends with a slash and operation names are appended to it. */
export interface ApiRoute {
  readonly label: 'vpc-endpoint' | 'public' | 'api-url';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type ApiRoutes =
  | { readonly ok: true; readonly routes: readonly [ApiRoute, ...ApiRoute[]] }
  | { readonly ok: false; readonly problem: string };

class AddressError extends Error {
  override readonly name = 'AddressError';
}

/**
 * The routes in the discovery function's answer, of any dialect, in the order to try them: the VPC endpoint first, as a
 * private API answers nowhere else. Plain http is accepted for loopback addresses only, or with `plainHttp`, for a discovery
 * that came over plain http itself. `problem` names the wrong key.
 */
export function routesFromDiscovery(discovery: unknown, { plainHttp = false } = {}): ApiRoutes {
  return toRoutes(() => {
    if (typeof discovery !== 'object' || discovery === null || Array.isArray(discovery)) {
      throw new AddressError('discovery: expected an object');
    }
    const text = (key: string) => readText(discovery as Record<string, unknown>, key);
    const publicUrl = text('InteractAPIGWUrl');
    // D0 has one endpoint too, under a plural name.
    const endpoint = text('ApiGwVpcEndpointDNSEntry') ?? text('ApiGwVpcEndpointDNSEntries');
    const routes: ApiRoute[] = [];
    const publicRoute = publicUrl === null ? null : toBaseUrl(publicUrl, 'InteractAPIGWUrl', plainHttp);
    const apiId = text('InteractApi') ?? apiIdOfHost(publicRoute);
    const headers = apiId === null ? {} : { 'x-apigw-api-id': toApiId(apiId, 'InteractApi') };
    if (endpoint !== null) {
      if (apiId === null) throw new AddressError('InteractApi: missing, and the VPC endpoint needs it');
      routes.push({ label: 'vpc-endpoint', url: toEndpointUrl(endpoint, plainHttp), headers });
    }
    if (publicRoute !== null) routes.push({ label: 'public', url: publicRoute.href, headers });
    return routes;
  });
}

/**
 * The single route of --api-url; plain http is the operator's choice. `apiId` selects the API behind the address of a VPC
 * endpoint.
 */
export function routesFromApiUrl(apiUrl: string, apiId?: string): ApiRoutes {
  return toRoutes(() => {
    const { href } = toBaseUrl(apiUrl, '--api-url', true);
    const headers = apiId === undefined ? {} : { 'x-apigw-api-id': toApiId(apiId, '--api-id') };
    return [{ label: 'api-url', url: href, headers }];
  });
}

/** The region that the host name of an API, of a VPC endpoint or of a queue carries; null for any other name. */
export function regionOfHost(hostname: string): string | null {
  const [, ofService, ofOldQueue] =
    /(?:\.execute-api|(?:^|\.)sqs)(?:-fips)?\.([a-z0-9-]+)\.|^([a-z0-9-]+)\.queue\./.exec(hostname) ?? [];
  const found = ofService ?? ofOldQueue;
  // A queue of one's own may be called `sqs` too, in a domain that is no region.
  return found !== undefined && /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(found) ? found : null;
}

/** The address of an operation, e.g. `metadata`, on a route. The signer settles how the query is encoded. */
export function operationUrl(
  route: ApiRoute,
  operationName: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(`${route.url}${operationName}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
  return url;
}

function toRoutes(build: () => ApiRoute[]): ApiRoutes {
  try {
    const [first, ...rest] = build();
    if (first === undefined)
      return { ok: false, problem: 'InteractAPIGWUrl: missing from the discovery document' };
    return { ok: true, routes: [first, ...rest] };
  } catch (error) {
    if (error instanceof AddressError) return { ok: false, problem: error.message };
    throw error;
  }
}

/** A string, or null for what the deployment's templates leave in unset parameters. */
function readText(discovery: Record<string, unknown>, key: string): string | null {
  const value = discovery[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new AddressError(`${key}: expected a string, got a ${typeof value}`);
  const text = value.trim();
  return text === '' || text === 'None' ? null : text;
}

function toBaseUrl(text: string, source: string, isPlainHttpAllowed = false): URL {
  if (!URL.canParse(text)) throw new AddressError(`${source}: not a URL`);
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new AddressError(`${source}: not an https URL`);
  if (url.protocol === 'http:' && !isPlainHttpAllowed && !isLoopback(url.hostname)) {
    throw new AddressError(`${source}: plain http is accepted for loopback addresses only`);
  }
  if (url.username !== '' || url.password !== '')
    throw new AddressError(`${source}: must not contain credentials`);
  if (url.search !== '' || url.hash !== '')
    throw new AddressError(`${source}: must not have a query or a fragment`);
  url.pathname = `${url.pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '')}/`;
  return url;
}

function toEndpointUrl(endpoint: string, plainHttp: boolean): string {
  if (!/^[A-Za-z0-9.-]+(:\d{1,5})?$/.test(endpoint)) {
    throw new AddressError('ApiGwVpcEndpointDNSEntry: not a host name');
  }
  const scheme = plainHttp || isLoopback(endpoint.replace(/:\d+$/, '')) ? 'http' : 'https';
  // The stage is not part of the published name and is always v1.
  return toBaseUrl(`${scheme}://${endpoint}/v1/`, 'ApiGwVpcEndpointDNSEntry', plainHttp).href;
}

function toApiId(text: string, source: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(text)) throw new AddressError(`${source}: not an API id`);
  return text;
}

function apiIdOfHost(url: URL | null): string | null {
  return url === null ? null : (/^([a-z0-9]+)\.execute-api\./.exec(url.hostname)?.[1] ?? null);
}

/** Whether a URL's host name is this host itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
