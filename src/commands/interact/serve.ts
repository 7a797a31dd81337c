// `cs-interact serve`: an Interaction API of one's own.
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { startAdminListener } from '../../interaction/server/admin/listener.ts';
import { createInteractionApi } from '../../interaction/server/interaction-api.ts';
import { type KeyFile, openKeyFile } from '../../interaction/server/keys/key-file.ts';
import type { Deployment } from '../../interaction/server/operations/call.ts';
import { startInteractionServer } from '../../interaction/server/server.ts';
import { openTlsFiles, type TlsFiles } from '../../interaction/server/tls-files.ts';
import { announce } from './announcement.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { accountOfKeys, describeDeployment, placeholderAccountId } from './deployment.ts';
import { openStore } from './open-store.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { droppedLine, refusedLine } from './refusal-lines.ts';
import { requireRegion } from './region.ts';
import { addServeOptions, type ServeOptions } from './serve-options.ts';
import { createSlowLog } from './slow-log.ts';
import { startListening, startWithPath } from './start-failure.ts';

const keysHelp = `
The key file, which "cs-interact key" makes and changes:
  { "keys": [ { "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "change-me",
                "caller": "AROAEXAMPLE", "instanceId": "i-0ab",
                "userArn": "arn:aws:sts::111111111111:assumed-role/web/i-0ab" },
              { "accessKeyId": "AKIDOPERATOR", "secretAccessKey": "change-me",
                "caller": "AIDAEXAMPLE", "allow": ["*"], "deny": ["POST/scheduler*"],
                "userArn": "arn:aws:iam::111111111111:user/operator" } ],
    "queueSenders": ["arn:aws:iam::111111111111:user/*"] }

A key stands for the instance that its instanceId names, or its caller as EC2's
role sessions do (ROLE:INSTANCE). "allow" and "deny" have rules as IAM has them,
METHOD/path, in which * is any characters and ? any one; "deny" wins. Without
"allow" an instance's key may GET/metadata, and any other key nothing.
"queueSenders" says by ARN who may send messages to the queue; without it, in
d2 every key of the account may, and before d2 none. A key may have a
"sessionToken" and an "expiresAt" such as "2030-01-31T12:00:00Z".
Let only its owner read the file: chmod 600 keys.json`;

export function addServeCommand(program: Command, context: CommandContext): void {
  addServeOptions(program.command('serve'))
    .description('answer the Interaction API and its queue, every signature verified, until SIGTERM')
    .addHelpText('after', keysHelp)
    .action((options: ServeOptions) => serve(options, context));
}

async function serve(options: ServeOptions, context: CommandContext): Promise<void> {
  const region = requireRegion(options.region, context.env);
  const tls = await openTls(options, context);
  const keys = await startWithPath('--keys', options.keys, () => openKeyFile(options.keys, context.warn));
  const accountId = chooseAccount(options, keys, context);
  const refusals = createSlowLog('refused', context.warn);
  const drops = createSlowLog('dropped', context.warn);
  const onFault = (error: unknown) =>
    context.warn(`a request failed: ${error instanceof Error ? error.message : String(error)}`);
  const deploymentAt = (origin: string) => describeDeployment(options, region, accountId, origin);

  const store = await openStore(options, region, context);
  try {
    const handlerFor = (origin: string) =>
      createInteractionApi({
        deployment: deploymentAt(origin),
        store,
        keys,
        onlyApiId: options.apiId,
        onRefused: (refused) => refusals.add(refusedLine(refused)),
        onDropped: (dropped) => drops.add(droppedLine(dropped)),
        onFault,
      });
    const server = await startListening(options.listen, () =>
      startInteractionServer({ ...options.listen, tls, handlerFor, onFault }),
    );
    try {
      const deployment = deploymentAt(server.origin);
      const admin = await openAdmin(deployment);
      announce(server, deployment.apiUrl, options, context);
      await untilAborted(context.signal);
      await admin.close();
    } finally {
      await server.close();
    }
  } finally {
    await store.close();
    refusals.close();
    drops.close();
  }

  function openAdmin(deployment: Deployment) {
    return startWithPath('--admin-socket', options.adminSocket, () => {
      makePrivateDirectory(dirname(options.adminSocket));
      return startAdminListener(options.adminSocket, { store, deployment }, onFault);
    });
  }
}

async function openTls(
  { tlsCert, tlsKey }: ServeOptions,
  context: CommandContext,
): Promise<TlsFiles | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CommandFailure(
      2,
      '--tls-cert and --tls-key belong together: give both for HTTPS, none for HTTP',
    );
  }
  return startWithPath('--tls-cert', tlsCert, () => openTlsFiles(tlsCert, tlsKey, context.warn));
}

/** Told once: keys that are added later may be of any account. */
function chooseAccount({ account }: ServeOptions, keys: KeyFile, context: CommandContext): string {
  if (account !== undefined) return account;
  const ofKeys = accountOfKeys(keys);
  if (ofKeys === null && keys.keys().length > 0) {
    context.warn(`the keys are not of one account, and this is ${placeholderAccountId}: give --account`);
  }
  return ofKeys ?? placeholderAccountId;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
