// Credentials from what only the SDK understands: profiles, SSO, a process, web identity, a container. The SDK is loaded when
// it is asked.
import { type ConfiguredSource, type Credentials, CredentialsError } from './credentials.ts';
import { closeAgents, createProxyAgents } from './http-agents.ts';
import { silentLogger } from './silent-logger.ts';

/** Asks the SDK's chain, which reads the process's own environment. Throws CredentialsError, EnvironmentError. */
export async function lookUpConfigured({ env, origin, profile }: ConfiguredSource): Promise<Credentials> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const agents = createProxyAgents(env);
  // A new chain each time: the SDK's own memory would serve what a server has refused. Its console warnings go nowhere.
  const chain = defaultProvider({
    logger: silentLogger,
    ignoreCache: true,
    ec2MetadataV1Disabled: true,
    // For STS and SSO, which the SDK would not ask through a proxy.
    clientConfig: { requestHandler: { httpAgent: agents.http, httpsAgent: agents.https } },
    ...(profile === undefined ? {} : { profile }),
  });
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await chain();
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      ...(expiration === undefined ? {} : { expiresAtMs: expiration.getTime() }),
    };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new CredentialsError('unavailable', `${origin}: ${detail}`, { cause: error });
  } finally {
    closeAgents(agents);
  }
}
