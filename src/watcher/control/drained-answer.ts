// `GET /v1/drained`: answers when a drain has come to its outcome and its scripts to their end, or when the time is over.
import type { ServerResponse } from 'node:http';
import { isDrained } from '../domain/drain.ts';
import type { Summary } from '../ports.ts';
import type { ControlScene } from './control-subject.ts';
import { answerWith, endOf } from './exchange.ts';
import { type DrainView, isSettled, parseWait } from './protocol.ts';

/** Waits also when no drain has begun. Throws `ProtocolError`. */
export async function answerWhenDrained(
  response: ServerResponse,
  query: URLSearchParams,
  { summaries, subject }: Pick<ControlScene, 'summaries' | 'subject'>,
): Promise<void> {
  const waitMs = parseWait(query);
  const over = endOf(response);
  const timer = waitMs === null ? null : setTimeout(() => over.abort(), waitMs);
  const view = (summary: Summary | null): DrainView => drainView(summary, subject.areScriptsPending());
  await summaries.until((summary) => isSettled(view(summary)), over.signal);
  if (timer !== null) clearTimeout(timer);
  const now = view(summaries.latest);
  answerWith(response, now.drained && isSettled(now) ? 200 : 408, now);
}

function drainView(summary: Summary | null, scriptsPending: boolean): DrainView {
  const drain = summary?.state.drain ?? null;
  const lease = summary?.state.lease ?? null;
  const isOverriddenOpen = lease?.kind === 'override' && lease.verdict === 'open';
  return {
    drained: summary !== null && isDrained(summary.state, summary.count),
    draining: drain !== null,
    outcome: drain?.outcome ?? null,
    connectionsLeft: summary?.count?.left ?? null,
    scriptsPending,
    overriddenUntil: isOverriddenOpen ? new Date(lease.untilWallMs).toISOString() : null,
  };
}
