// `cloudwatch/sentmetrics`: the metrics that operators entered as sent, in the order of their entry.
import { renderSentMetrics } from '../../contract/metrics.ts';
import { pythonJson } from '../../contract/python-json.ts';
import { readSentMetrics } from '../records/metrics.ts';
import type { Call, OperationAnswer } from './call.ts';

export async function answerSentMetrics(call: Call): Promise<OperationAnswer> {
  return { status: 200, body: pythonJson(renderSentMetrics(await readSentMetrics(call.store))) };
}
