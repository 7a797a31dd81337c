// The rows of the status below its first line: a label and what is to say, in no more words than needed.
import { basename } from 'node:path';
import type { StatusDocument, StatusHooks } from '../../watcher/observe/status-document.ts';
import { holderInWords } from '../../watcher/observe/status-lease.ts';
import { RESTART, signed, spanOf } from './status-headline.ts';
import { duration, future, past, secondsBetween, shortly, timeOfDay } from './status-text.ts';

/** Rows of each kind that a screen has room for; `--json` has all. */
const MAX_RANGES = 8;
const MAX_RUNS = 3;
const MAX_ERRORS = 3;

export interface Row {
  readonly label: string;
  /** One entry is one line, or several where it does not fit. */
  readonly entries: readonly string[];
  /** Entries that are columns already: never wrapped. */
  readonly isTable?: boolean;
  /** Lines that one entry may take. */
  readonly maxLines?: number;
}

/** The rows that have something to say, in order. */
export function statusRows(document: StatusDocument): Row[] {
  const rows: Row[] = [
    { label: 'trouble', entries: troubleEntries(document) },
    { label: 'hold', entries: holdEntries(document) },
    { label: 'to do', entries: present([adviceEntry(document)]) },
    { label: 'state', entries: present([stateEntry(document)]) },
    { label: 'instance', entries: present([instanceEntry(document)]) },
    { label: 'agent', entries: present([agentEntry(document)]) },
    { label: 'reasons', entries: reasonEntries(document) },
    { label: 'drain', entries: present([drainEntry(document)]) },
    { label: 'change', entries: present([changeEntry(document)]) },
    { label: 'lease', entries: present([leaseEntry(document)]) },
    { label: 'ports', entries: portEntries(document), isTable: true },
    { label: 'table', entries: present([tableEntry(document)]) },
    { label: 'counted', entries: countEntries(document) },
    { label: 'polls', entries: present([pollEntry(document)]) },
    { label: 'context', entries: present([contextEntry(document)]) },
    { label: 'scripts', entries: hookEntries(document), maxLines: 2 },
    { label: 'warnings', entries: errorEntries(document), maxLines: 2 },
  ];
  return rows.filter(({ entries }) => entries.length > 0);
}

function stateEntry({ agent, at, instance: { state, since, learnedFrom } }: StatusDocument): string {
  if (state === null) return agent === 'running' ? 'not known yet' : '';
  const from = since === null ? '' : ` since ${past(since, at)}`;
  return `${state}${from}${learnedFrom === null ? '' : `, learned from ${learnedFrom}`}`;
}

function instanceEntry({ instance: { id, group, region } }: StatusDocument): string {
  return present([id ?? '', group === null ? '' : `group ${group}`, region ?? '']).join(', ');
}

function agentEntry({ at, pid, program, startedAt }: StatusDocument): string {
  if (startedAt === null) return '';
  return `${program}, pid ${pid}, up ${duration(secondsBetween(startedAt, at))}`;
}

function reasonEntries({ at, reasons }: StatusDocument): string[] {
  return reasons.map(({ source, detail, since }) => `${source} ${detail}, since ${past(since, at)}`);
}

function drainEntry({ at, drain }: StatusDocument): string {
  if (drain === null) return '';
  const began = `since ${past(drain.since, at)}`;
  if (drain.outcome === 'complete') return `${began}, complete`;
  if (drain.outcome === 'timeout') return `${began}, timed out, not drained`;
  // Its beginning stands with the reasons.
  return drain.timesOutAt === null ? '' : `${began}, times out at ${future(drain.timesOutAt, at)}`;
}

/** What brings the whole story of it out of the log. */
function changeEntry({ change }: StatusDocument): string {
  return change === null ? '' : `${change} (grep the log for it)`;
}

function leaseEntry({ at, lease }: StatusDocument): string {
  if (lease === null) return '';
  const why = lease.reason === null ? '' : `: ${lease.reason}`;
  const by = lease.holder === null ? '' : `, held by ${holderInWords(lease.holder)}`;
  return `${lease.kind} ${lease.verdict ?? lease.state ?? ''} until ${future(lease.until, at)}${by}${why}`;
}

function portEntries({ connections: { trendSeconds }, firewall: { ports } }: StatusDocument): string[] {
  if (ports.length === 0) return [];
  const shown = ports.slice(0, MAX_RANGES);
  const cells = [
    [
      'range',
      'SYNs refused',
      'connections',
      trendSeconds === null ? 'change' : `change in ${spanOf(trendSeconds)}`,
    ],
    ...shown.map(({ range, refused, connections, trend }) => [
      range,
      numberOr(refused, '-'),
      numberOr(connections, 'unknown'),
      trend === null ? '-' : signed(trend),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...cells.map((row) => (row[i] ?? '').length)));
  const lines = cells.map(([range = '', ...rest]) =>
    [range.padEnd(widths[0] ?? 0), ...rest.map((cell, i) => cell.padStart(widths[i + 1] ?? 0))].join('  '),
  );
  return ports.length > MAX_RANGES ? [...lines, `and ${ports.length - MAX_RANGES} more (--json)`] : lines;
}

function numberOr(value: number | null, otherwise: string): string {
  return value === null ? otherwise : String(value);
}

function tableEntry({ firewall }: StatusDocument): string {
  const { allowFrom, includeLoopback, ownership, problem, refusing, restorations, table } = firewall;
  if (problem !== null) return problem;
  const words =
    table === 'ours' && refusing === true
      ? [
          `in place, ${ownership === 'owned' ? 'owned' : 'plain (others can remove it)'}`,
          allowFrom.length === 0 ? '' : `never refused: ${allowFrom.join(' ')}`,
          includeLoopback ? 'loopback included' : '',
        ]
      : [];
  const restored = restorations !== null && restorations > 0 ? `put back ${times(restorations)}` : '';
  return present([...words, restored]).join(', ');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function countEntries({ connections: { idle, problem } }: StatusDocument): string[] {
  if (problem !== null) return [`not possible: ${problem}`];
  return idle !== null && idle > 0 ? [`without ${idle} idle for over an hour`] : [];
}

function pollEntry({ at, polls }: StatusDocument): string {
  if (polls === null) return '';
  const { hold, lastAt, lastSeconds, nextAt, periodSeconds } = polls;
  const every = `every ${periodSeconds} s`;
  if (lastAt === null) return `${every}; the first has not ended`;
  const ago = duration(secondsBetween(lastAt, at));
  const result = polls.lastResult === hold?.message ? 'no verdict' : polls.lastResult;
  const next = nextAt === null ? '' : `; next in ${duration(secondsBetween(at, nextAt))}`;
  return `${every}; last ${ago} ago, took ${shortly(lastSeconds ?? 0)}: ${result}${next}`;
}

function holdEntries({ at, polls }: StatusDocument): string[] {
  const hold = polls?.hold ?? null;
  return hold === null
    ? []
    : [`no verdict (${hold.class}) since ${past(hold.since, at)}, nothing changes: ${hold.message}`];
}

function contextEntry({ context }: StatusDocument): string {
  if (context === null) return '';
  const age = context.ageSeconds === null ? '' : `read ${duration(context.ageSeconds)} ago`;
  return present([context.apiUrl ?? '', age]).join(', ');
}

function hookEntries({ at, hooks }: StatusDocument): string[] {
  return hooks.slice(0, MAX_RUNS).map((run) => {
    const when = run.at === null ? '' : ` ${past(run.at, at)}`;
    return `${run.to}${when}: ${resultInWords(run)}`;
  });
}

function resultInWords({ result, scripts }: StatusHooks): string {
  if (scripts.length === 0) return result === 'none' ? 'none there' : result;
  const each = scripts.map(({ path, result: outcome, seconds }) => {
    const took = seconds === null ? '' : ` (${shortly(seconds)})`;
    // What is not run is mended under its path; it may be a directory.
    return `${outcome.startsWith('not run: ') ? path : basename(path)} ${outcome}${took}`;
  });
  return `${result}: ${each.join(', ')}`;
}

function troubleEntries({ at, troubles }: StatusDocument): string[] {
  return troubles.map(({ part, problem, since }) =>
    since === at ? `${part}: ${problem}` : `${part}: ${problem}, since ${past(since, at)}`,
  );
}

function errorEntries({ at, errors }: StatusDocument): string[] {
  return errors
    .filter(({ over }) => !over)
    .slice(0, MAX_ERRORS)
    .map(({ at: when, level, message }) => `${timeOfDay(when, at)} ${level} ${message}`);
}

function adviceEntry(document: StatusDocument): string {
  const { agent, firewall, pid } = document;
  // While it lives, another one does not start and `cleanup` changes nothing.
  if (agent === 'unresponsive') {
    const who = pid === null ? '' : ` (pid ${pid})`;
    return `${RESTART}${who}; a table stays in place meanwhile`;
  }
  if (agent !== 'down' || firewall.table !== 'ours') return '';
  return 'start the agent, or open the ports: cs-instance-watcher cleanup';
}

function present(texts: readonly string[]): string[] {
  return texts.filter((text) => text !== '');
}
