// A call as the gateway makes it, on a store that is forgotten with the test.
import type { TestContext } from 'node:test';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import type {
  Call,
  Deployment,
  OperationAnswer,
  QueueCall,
} from '../../../../../src/interaction/server/operations/call.ts';
import { openSqliteStore } from '../../../../../src/interaction/server/store/sqlite-store.ts';
import { type Store, tableNames } from '../../../../../src/interaction/server/store/store.ts';

/** 2020-11-20 14:52:01 UTC. */
export const nowMs = 1_605_883_921_000;

export async function openStore(test: TestContext, clock: () => number = () => nowMs): Promise<Store> {
  const store = await openSqliteStore({ path: ':memory:', group: 'test', nowMs: clock });
  test.after(() => store.close());
  return store;
}

export function makeDeployment(dialect: Dialect, more: Partial<Deployment> = {}): Deployment {
  return {
    dialect,
    group: 'test',
    accountId: '111122223333',
    region: 'eu-west-3',
    apiId: 'pq264fab39',
    apiUrl: 'https://127.0.0.1:8443/v1/',
    queueUrl: 'https://127.0.0.1:8443/111122223333/CloneSquad-Interact-test',
    tables: tableNames('test'),
    backupPath: null,
    reportPath: null,
    ...more,
  };
}

export interface CallOptions {
  readonly dialect?: Dialect;
  readonly deployment?: Deployment;
  readonly argument?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly caller?: string;
  readonly path?: string;
  readonly nowMs?: number;
  /** Makes it a POST; null is a POST without a body. */
  readonly body?: string | null;
}

export function makeCall(store: Store, options: CallOptions = {}): Call {
  const { dialect = 'd2', argument = null, query = {}, body } = options;
  return {
    deployment: options.deployment ?? makeDeployment(dialect),
    store,
    fleet: createFleet(store, () => options.nowMs ?? nowMs),
    identity: {
      caller: options.caller ?? 'AROAEXAMPLE:operator',
      userArn: 'arn:aws:sts::111122223333:assumed-role/Operators/operator',
      accessKeyId: 'ASIAEXAMPLE',
      sourceIp: '127.0.0.1',
      userAgent: null,
    },
    method: body === undefined ? 'GET' : 'POST',
    argument,
    path: options.path ?? '/',
    query: new Map(Object.entries(query)),
    body: body ?? null,
    nowMs: options.nowMs ?? nowMs,
  };
}

/** A message as the queue hands it over. */
export function makeQueueCall(
  store: Store,
  message: QueueCall['message'],
  options: CallOptions = {},
): QueueCall {
  const { deployment, fleet, nowMs: atMs } = makeCall(store, options);
  return { deployment, store, fleet, message, nowMs: atMs };
}

/** `200 body`, or `fault`. */
export function told(answer: OperationAnswer): string {
  return 'fault' in answer ? 'fault' : `${answer.status} ${answer.body}`;
}

export function jsonOf(answer: OperationAnswer): unknown {
  if ('fault' in answer || answer.status !== 200) throw new Error(`not an answer: ${told(answer)}`);
  return JSON.parse(answer.body);
}
