// `cs-interact metadata`: what the API says of this instance, or of another.
import type { Command } from 'commander';
import { createCredentialSource, standardChain } from '../../aws/credentials.ts';
import { createSignedHttp } from '../../aws/signed-http.ts';
import { TransportError } from '../../aws/transport-error.ts';
import { routesFromApiUrl } from '../../interaction/client/api-address.ts';
import { fetchMetadata } from '../../interaction/client/metadata.ts';
import type { UnknownClass } from '../../interaction/client/metadata-answer.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { requireRegion } from './region.ts';

interface MetadataOptions {
  readonly apiUrl: string;
  readonly instanceId?: string;
  readonly region?: string;
}

const timeoutMs = 30_000;

/** What to do about each answer that is not metadata. */
const hints: Readonly<Record<UnknownClass | 'no-information', string>> = {
  'no-information': 'the instance is not in this group, or not started',
  credentials: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the instance a role',
  transport: 'check --api-url, and that the API can be reached from here',
  'http-5xx': 'try again; if it lasts, the cause is in the log of the API',
  throttled: 'try again later',
  forbidden: 'check --api-url, --region, and what these credentials may call',
  'unauthorized-token': 'renew the credentials',
  'not-json': 'check that --api-url is the address of an Interaction API',
  'wrong-shape':
    'check that --api-url is the address of an Interaction API, and which instance it answers for',
  'unexpected-status': 'check that --api-url is the address of an Interaction API with its stage',
};

export function addMetadataCommand(program: Command, context: CommandContext): void {
  program
    .command('metadata')
    .description('show what the API says of the instance whose credentials these are, as JSON')
    .requiredOption('--api-url <url>', 'address of the API with its stage, e.g. http://127.0.0.1:8080/v1/')
    .option('--instance-id <id>', 'ask for this instance instead')
    .option('--region <region>', 'region of the API (AWS_REGION, AWS_DEFAULT_REGION)')
    .action((options: MetadataOptions) => showMetadata(options, context));
}

async function showMetadata(options: MetadataOptions, context: CommandContext): Promise<void> {
  const { env, signal } = context;
  const region = requireRegion(options.region, env);
  const found = routesFromApiUrl(options.apiUrl);
  if (!found.ok)
    throw new CommandFailure(2, `${found.problem}: expected something like http://127.0.0.1:8080/v1/`);
  const credentials = createCredentialSource({ lookup: standardChain(env) });
  const http = createSignedHttp({ env, credentials, userAgent: 'cs-interact' });
  let hasTimedOut = false;
  try {
    const answer = await fetchMetadata({
      send: async (request, limits) => {
        try {
          return await http.send(request, limits);
        } catch (error) {
          hasTimedOut = error instanceof TransportError && error.failure === 'timeout';
          throw error;
        }
      },
      region,
      route: found.routes[0],
      limits: { timeoutMs, signal },
      askedInstanceId: options.instanceId,
      expectedInstanceId: options.instanceId,
    });
    if (answer.kind !== 'metadata') {
      const hint = hints[answer.kind === 'unknown' ? answer.class : answer.kind];
      throw new CommandFailure(hasTimedOut ? 75 : 1, `metadata: ${answer.message}: ${hint}`);
    }
    context.print(JSON.stringify(answer.metadata, null, 2));
  } finally {
    http.close();
  }
}
