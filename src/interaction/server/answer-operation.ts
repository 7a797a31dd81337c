// What each operation answers: the server's side of the table of operations.
import { renderInstanceMetadata } from '../contract/dialects.ts';
import type { Dialect, InstanceMetadata } from '../contract/instance-metadata.ts';
import { listedOperationNames, type OperationId } from '../contract/operations.ts';
import { pythonJson } from '../contract/python-json.ts';
import { type Caller, kindOfCaller } from './caller.ts';
import type { FleetInstance, FleetStore } from './fleet-store.ts';
import { type GatewayResponse, internalServerError, operationAnswer } from './gateway-answers.ts';

/** An authenticated call of an operation. */
export interface Call {
  readonly dialect: Dialect;
  readonly store: FleetStore;
  readonly caller: Caller;
  readonly query: ReadonlyMap<string, string>;
}

type Answer = (call: Call) => Promise<GatewayResponse>;

const answers: Readonly<Record<OperationId, Answer>> = {
  listing: async ({ dialect }) => operationAnswer(200, listedOperationNames(dialect).join('\n')),
  metadata: answerMetadata,
};

/** Performs an operation for a caller whose signature has been verified. Rejects only when the store fails. */
export function answerOperation(id: OperationId, call: Call): Promise<GatewayResponse> {
  return answers[id](call);
}

async function answerMetadata({ dialect, store, caller, query }: Call): Promise<GatewayResponse> {
  const asking = kindOfCaller(caller.caller);
  if (asking.kind === 'not-a-session') {
    // D0's function fails on these callers.
    if (dialect === 'd0') return internalServerError();
    return operationAnswer(500, `Can't process metadata caller '${caller.caller}'!`);
  }
  if (asking.kind === 'other-session') {
    return operationAnswer(500, `Can't retrieve requesting InstanceId (${caller.caller}).`);
  }
  const askedId = dialect === 'd0' ? undefined : query.get('instanceid');
  const id = askedId ?? asking.instanceId;
  const instance = await store.instance(id);
  if (instance === null || !isVisible(instance, dialect)) {
    return operationAnswer(400, `No information for instance id '${id}'!`);
  }
  return operationAnswer(200, pythonJson(renderInstanceMetadata(toMetadata(instance), dialect)));
}

/** D0 knows of instances that are pending or running in EC2 only. */
function isVisible(instance: FleetInstance, dialect: Dialect): boolean {
  return dialect !== 'd0' || (instance.state !== 'stopping' && instance.state !== 'stopped');
}

function toMetadata(instance: FleetInstance): InstanceMetadata {
  return {
    dialect: 'flat',
    instanceId: instance.id,
    instanceName: instance.name ?? instance.tags.Name ?? null,
    instanceType: instance.type,
    availabilityZone: instance.az,
    locatedInAzWithIssues: false,
    state: instance.state,
    status: instance.status,
    subfleetName: instance.subfleet,
    spotInstance: instance.spot,
    tags: instance.tags,
    targetGroups: instance.targetGroups,
  };
}
