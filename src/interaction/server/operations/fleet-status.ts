// `fleet/status`: how much of the fleet runs and serves, counted anew at each call.
import { renderFleetStatus } from '../../contract/fleet-status.ts';
import { pythonJson } from '../../contract/python-json.ts';
import { readExcludedIds } from '../fleet/control-state.ts';
import { countFleet } from '../fleet/count-fleet.ts';
import { createFleet } from '../fleet/fleet.ts';
import type { Call, OperationAnswer } from './call.ts';

export async function answerFleetStatus(call: Call): Promise<OperationAnswer> {
  const { deployment, store, nowMs } = call;
  const { dialect } = deployment;
  const [fleet, excludedIds] = await Promise.all([
    createFleet(store, () => nowMs).instances(),
    readExcludedIds(store.state, nowMs),
  ]);
  const status = countFleet(fleet, { dialect, excludedIds, nowMs });
  return { status: 200, body: pythonJson(renderFleetStatus(status, dialect)) };
}
