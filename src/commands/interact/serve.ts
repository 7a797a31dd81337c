// Runs `cs-interact serve`: opens what the options name, listens, and closes it all again in turn.
import { dirname } from 'node:path';
import { startAdminListener } from '../../interaction/server/admin/listener.ts';
import type { ArrivedRequest, HandleRequest } from '../../interaction/server/handle-request.ts';
import { createInteractionApi } from '../../interaction/server/interaction-api.ts';
import { type KeyFile, openKeyFile } from '../../interaction/server/keys/key-file.ts';
import type { Deployment } from '../../interaction/server/operations/call.ts';
import { makePrivateDirectory } from '../../interaction/server/private-directory.ts';
import { startInteractionServer } from '../../interaction/server/server.ts';
import type { Store } from '../../interaction/server/store/store.ts';
import { openTlsFiles, type TlsFiles } from '../../interaction/server/tls-files.ts';
import { announce } from './announcement.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { accountOfKeys, describeDeployment } from './deployment.ts';
import { checkExportDirectory } from './export-directory.ts';
import { openStore } from './open-store.ts';
import { droppedLine, refusedLine } from './refusal-lines.ts';
import { requireRegion } from './region.ts';
import { placeholderAccountId, type ServeOptions } from './serve-options.ts';
import { createSlowLog } from './slow-log.ts';
import { startListening, startWithPath } from './start-failure.ts';

/** Until the process is asked to end. Throws CommandFailure. */
export async function serve(options: ServeOptions, context: CommandContext): Promise<void> {
  checkExportDirectory('--backup-path', options.backupPath);
  checkExportDirectory('--report-path', options.reportPath);
  const region = requireRegion(options.region, context.env);
  const tls = await openTls(options, context);
  const keys = await startWithPath('--keys', options.keys, () => openKeyFile(options.keys, context.warn));
  const accountId = chooseAccount(options, keys, context);
  const refusals = createSlowLog('refused', context.warn);
  const drops = createSlowLog('dropped', context.warn);
  const faults = createSlowLog('failed', context.warn);
  const onFault = (error: unknown) =>
    faults.add(`a request failed: ${error instanceof Error ? error.message : String(error)}`);
  const onTurnedAway = (open: number) =>
    refusals.add(`refused a connection: ${open} are open, the most that are taken`);
  const deploymentAt = (origin: string) => describeDeployment(options, region, accountId, origin);

  // The addresses are taken before the database is made, so that a start that fails leaves none behind. Who asks
  // meanwhile waits for it.
  const opening = Promise.withResolvers<Store>();
  let store: Store | undefined;
  try {
    const handlerFor = (origin: string) => {
      const handler = opening.promise.then((opened) => createHandler(opened, deploymentAt(origin)));
      return async (request: ArrivedRequest) => (await handler)(request);
    };
    const server = await startListening(options.listen, () =>
      startInteractionServer({ ...options.listen, tls, handlerFor, onFault, onTurnedAway }),
    );
    try {
      const deployment = deploymentAt(server.origin);
      const admin = await openAdmin(deployment);
      try {
        store = await openStore(options, region, context);
        opening.resolve(store);
        announce(server, deployment.apiUrl, options, context);
        await untilAborted(context.signal);
      } finally {
        await admin.close();
      }
    } finally {
      await server.close();
    }
  } finally {
    await store?.close();
    refusals.close();
    drops.close();
    faults.close();
  }

  function createHandler(opened: Store, deployment: Deployment): HandleRequest {
    return createInteractionApi({
      deployment,
      store: opened,
      keys,
      onlyApiId: options.apiId,
      onRefused: (refused) => refusals.add(refusedLine(refused)),
      onDropped: (dropped) => drops.add(droppedLine(dropped)),
      onFault,
    });
  }

  function openAdmin(deployment: Deployment) {
    return startWithPath('--admin-socket', options.adminSocket, () => {
      makePrivateDirectory(dirname(options.adminSocket));
      return startAdminListener(options.adminSocket, { store: opening.promise, deployment }, onFault);
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
