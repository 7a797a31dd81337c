// `GET /v1/drained`: answers when the instance is drained, or when the time is over.
import type { ServerResponse } from 'node:http';
import { isDrained } from '../domain/drain.ts';
import type { Summary } from '../ports.ts';
import { answerWith, endOf } from './exchange.ts';
import { type DrainView, parseWait } from './protocol.ts';
import type { SummaryWatch } from './summary-watch.ts';

/** Waits also when no drain has begun. Throws `ProtocolError`. */
export async function answerWhenDrained(
  response: ServerResponse,
  query: URLSearchParams,
  summaries: SummaryWatch,
): Promise<void> {
  const waitMs = parseWait(query);
  const over = endOf(response);
  const timer = waitMs === null ? null : setTimeout(() => over.abort(), waitMs);
  const drained = await summaries.until(isDrainedNow, over.signal);
  if (timer !== null) clearTimeout(timer);
  answerWith(response, drained ? 200 : 408, drainView(summaries.latest));
}

function isDrainedNow({ state, count }: Summary): boolean {
  return isDrained(state, count);
}

function drainView(summary: Summary | null): DrainView {
  const drain = summary?.state.drain ?? null;
  return {
    drained: summary !== null && isDrainedNow(summary),
    draining: drain !== null,
    outcome: drain?.outcome ?? null,
    connectionsLeft: summary?.count?.left ?? null,
  };
}
