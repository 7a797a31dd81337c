// The log of an agent that only says what it would do: every line is marked, and none claims what was not done.
import type { Log, LogFields } from './log.ts';

const MARK = 'dry run: ';

/** What the agent itself says of these would be a claim. */
const WORDS: Readonly<Record<string, (fields: LogFields) => string>> = {
  'table-installed': ({ ports, closing }) =>
    `new connections to ${ports} would be refused${closing === true ? ', what is left of published ones would be reset' : ''}`,
  'table-removed': () => 'new connections would be accepted',
  'connections-closed': ({ closed }) => `${closed} connection(s) would be closed`,
  'hook-completed': ({ scripts, refused }) =>
    `scripts: ${Number(scripts) - Number(refused)} would run, ${refused} would be refused`,
  stopped: () => 'stopped, nothing was touched',
};

/** What the agent says of these is an intention: marked, it is true. The rest is what was seen. */
const INTENTIONS: ReadonlySet<unknown> = new Set([
  'started',
  'refusing',
  'open',
  'drain-timeout',
  'table-restored',
  'hook-refused',
  'hook-would-run',
  'hook-no-directory',
  'hook-given-up',
  'dry-run',
]);

/** A log over `log` whose lines have `dryRun: true`, and `dry run: ` where something would have been done. */
export function dryRunLog(log: Log): Log {
  const marked =
    (level: keyof Log) =>
    (fields: LogFields, message: string): void =>
      log[level]({ ...fields, dryRun: true }, wouldDo(fields, message));
  return { error: marked('error'), warn: marked('warn'), info: marked('info'), debug: marked('debug') };
}

function wouldDo(fields: LogFields, message: string): string {
  const words = WORDS[String(fields.event)];
  if (words !== undefined) return MARK + words(fields);
  return INTENTIONS.has(fields.event) ? MARK + message : message;
}
