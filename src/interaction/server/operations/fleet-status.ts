// `fleet/status`: how much of the fleet runs and serves, counted anew at each call.
import { renderFleetStatus } from '../../contract/fleet-status.ts';
import { pythonJson } from '../../contract/python-json.ts';
import { readExcludedIds } from '../fleet/control-state.ts';
import { countFleet } from '../fleet/count-fleet.ts';
import type { Call, OperationAnswer } from './call.ts';

export async function answerFleetStatus(call: Call): Promise<OperationAnswer> {
  const { deployment, store, fleet, nowMs } = call;
  const { dialect } = deployment;
  const [instances, excludedIds] = await Promise.all([
    fleet.instances(),
    readExcludedIds(store.state, nowMs),
  ]);
  const status = countFleet(instances, { dialect, excludedIds, nowMs });
  return { status: 200, body: pythonJson(renderFleetStatus(status, dialect)) };
}
