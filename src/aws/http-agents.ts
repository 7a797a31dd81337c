// Kept-alive connections to AWS, through the proxy and with the certificate authorities that the environment names.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { Agents } from './http-exchange.ts';
import { TunnellingAgent } from './tunnelling-agent.ts';

/** The environment of a process, or a stand-in for it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable of the environment cannot be used as it stands. */
export class EnvironmentError extends Error {
  readonly variable: string;
  readonly reason: string;

  constructor(variable: string, reason: string, options?: ErrorOptions) {
    super(`${variable}: ${reason}`, options);
    this.name = 'EnvironmentError';
    this.variable = variable;
    this.reason = reason;
  }
}

/**
 * Agents for calls that leave the host. HTTPS_PROXY, HTTP_PROXY and NO_PROXY (either case) are honoured;
 * AWS_CA_BUNDLE is trusted besides Node's own authorities and NODE_EXTRA_CA_CERTS. Close with `closeAgents`.
 * Throws EnvironmentError when AWS_CA_BUNDLE cannot be read, or when a proxy is none that can be used.
 */
export function createProxyAgents(env: Environment): Agents {
  const proxyEnv = { ...env, ...usableProxies(env) };
  const bundle = env.AWS_CA_BUNDLE;
  // One context for all connections: parsing some 150 authorities again for each takes milliseconds.
  const trust = bundle ? { secureContext: secureContextWith(bundle) } : {};
  return {
    http: new HttpAgent({ keepAlive: true, proxyEnv }),
    https: new TunnellingAgent({ keepAlive: true, proxyEnv, ...trust }),
  };
}

/** Agents for the link-local metadata service: never through a proxy, and no connection is kept. */
export function createDirectAgents(): Agents {
  return { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) };
}

/** Ends every connection of the agents, those in use too. */
export function closeAgents(agents: Agents): void {
  agents.http.destroy();
  agents.https.destroy();
}

/** Ends the connections that are kept for later; those in use go on. */
export function dropIdleConnections(agents: Agents): void {
  for (const { freeSockets } of [agents.http, agents.https]) {
    for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
  }
}

// Node passes over a value that it does not understand and connects directly: what an operator who set a proxy least wants.
function usableProxies(env: Environment): Record<string, string> {
  const proxies: Record<string, string> = {};
  for (const variable of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']) {
    const value = env[variable];
    if (!value) continue;
    const url = URL.parse(value.includes('://') ? value : `http://${value}`);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new EnvironmentError(
        variable,
        'is not the URL of an HTTP proxy, such as http://proxy.example:3128',
      );
    }
    proxies[variable] = url.href;
  }
  return proxies;
}

function secureContextWith(path: string) {
  try {
    const bundle = readFileSync(path, 'utf8');
    // OpenSSL takes a file without any certificate for an empty bundle, and would distrust the server much later.
    new X509Certificate(bundle);
    return createSecureContext({ ca: [...getCACertificates('default'), bundle] });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new EnvironmentError('AWS_CA_BUNDLE', `${path} is not a readable PEM bundle (${detail})`, {
      cause: error,
    });
  }
}
