// `allmetadatas` and `fleet/metadata`: one question, which D0 has under another name and answers in another shape.
import { renderFleetMetadata } from '../../contract/dialects.ts';
import { pythonJson } from '../../contract/python-json.ts';
import { isVisible } from '../fleet/fleet-instance.ts';
import { toInstanceMetadata } from '../fleet/to-metadata.ts';
import type { Call, OperationAnswer } from './call.ts';

export function answerAllMetadatas(call: Call): Promise<OperationAnswer> {
  return answerFleet(call);
}

export function answerFleetMetadata(call: Call): Promise<OperationAnswer> {
  return answerFleet(call);
}

async function answerFleet(call: Call): Promise<OperationAnswer> {
  const { deployment, fleet, nowMs } = call;
  const { dialect } = deployment;
  const visible = (await fleet.instances()).filter((instance) => isVisible(instance, dialect));
  const metadata = visible.map((instance) => toInstanceMetadata(instance, dialect, nowMs));
  return { status: 200, body: pythonJson(renderFleetMetadata(metadata, dialect)) };
}
