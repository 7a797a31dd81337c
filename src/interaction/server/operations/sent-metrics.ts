// `cloudwatch/sentmetrics`: the metrics that operators entered as sent, in the order of their entry; where they entered
// none, those of CloneSquad's own snapshot.
import { renderSentMetrics } from '../../contract/metrics.ts';
import { pythonJson } from '../../contract/python-json.ts';
import { readSentMetrics } from '../records/metrics.ts';
import type { Call, OperationAnswer } from './call.ts';

export async function answerSentMetrics(call: Call): Promise<OperationAnswer> {
  const entered = await readSentMetrics(call.store);
  const metrics = entered.length > 0 ? entered : (await call.fleet.snapshot()).sentMetrics;
  return { status: 200, body: pythonJson(renderSentMetrics(metrics)) };
}
