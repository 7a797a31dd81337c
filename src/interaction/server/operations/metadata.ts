// `metadata`: what is known of the calling instance, or of another that it names.
import { renderInstanceMetadata } from '../../contract/dialects.ts';
import { pythonJson } from '../../contract/python-json.ts';
import { isVisible } from '../fleet/fleet-instance.ts';
import { toInstanceMetadata } from '../fleet/to-metadata.ts';
import { kindOfCaller } from '../gateway/caller.ts';
import type { Call, OperationAnswer } from './call.ts';
import { readParameter } from './parameters.ts';

export async function answerMetadata(call: Call): Promise<OperationAnswer> {
  const { deployment, identity, fleet, nowMs } = call;
  const { dialect } = deployment;
  const asking = kindOfCaller(identity.caller);
  if (asking.kind === 'not-a-session') {
    // D0's function fails on these callers.
    if (dialect === 'd0') return { fault: true };
    return { status: 500, body: `Can't process metadata caller '${identity.caller}'!` };
  }
  if (asking.kind === 'other-session') {
    return { status: 500, body: `Can't retrieve requesting InstanceId (${identity.caller}).` };
  }
  const id = readParameter(call, 'metadata', 'instanceid') ?? asking.instanceId;
  const instance = await fleet.instance(id);
  if (instance === null || !isVisible(instance, dialect)) {
    return { status: 400, body: `No information for instance id '${id}'!` };
  }
  const metadata = toInstanceMetadata(instance, dialect, nowMs);
  return { status: 200, body: pythonJson(renderInstanceMetadata(metadata, dialect)) };
}
