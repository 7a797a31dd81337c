// `cloudwatch/metriccache`: the metrics that operators entered as read from CloudWatch, in the order of their entry.
import { renderCachedMetrics } from '../../contract/metrics.ts';
import { pythonJson } from '../../contract/python-json.ts';
import { readCachedMetrics } from '../records/metrics.ts';
import type { Call, OperationAnswer } from './call.ts';

export async function answerMetricCache(call: Call): Promise<OperationAnswer> {
  return { status: 200, body: pythonJson(renderCachedMetrics(await readCachedMetrics(call.store))) };
}
