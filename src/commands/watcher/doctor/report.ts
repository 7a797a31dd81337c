// What the checks found, for people and for programs.
import { quote } from '../../../interaction/client/quote.ts';
import type { CheckResult, Status } from './check.ts';

export interface DoctorReport {
  readonly version: 1;
  readonly program: { readonly name: string; readonly version: string };
  readonly checks: readonly CheckResult[];
  readonly problems: number;
  readonly warnings: number;
}

const WORDS: Readonly<Record<Status, string>> = {
  ok: 'ok',
  warning: 'WARNING',
  problem: 'PROBLEM',
  'not-run': 'not run',
};

/** Of a detail that stands above in full. */
const MAX_REPEATED = 120;

/** docs/schemas/doctor.schema.json describes it. */
export function toReport(checks: readonly CheckResult[], version: string): DoctorReport {
  return {
    version: 1,
    program: { name: 'cs-instance-watcher', version },
    checks,
    problems: countOf(checks, 'problem'),
    warnings: countOf(checks, 'warning'),
  };
}

/** One line a check, what to do about it below; at the end the problems once more, and one line that sums up. */
export function toText({ checks, problems, warnings }: DoctorReport): string {
  const wordWidth = Math.max(...Object.values(WORDS).map((word) => word.length));
  const titleWidth = Math.max(0, ...checks.map(({ title }) => title.length));
  const lines = checks.flatMap(({ title, status, detail, remedy }) => {
    const line = `${WORDS[status].padEnd(wordWidth)}  ${title.padEnd(titleWidth)}  ${detail}`;
    return remedy === null ? [line] : [line, `${' '.repeat(wordWidth)}  -> ${remedy}`];
  });
  const counted = [
    `${countOf(checks, 'ok')} ok`,
    counting(warnings, 'warning'),
    counting(problems, 'problem'),
    `${countOf(checks, 'not-run')} not run`,
  ];
  const again = checks
    .filter(({ status }) => status === 'problem')
    .map(({ title, detail }) => `${WORDS.problem}  ${title}: ${quote(detail, MAX_REPEATED)}\n`);
  return `${lines.join('\n')}\n\n${again.join('')}${counted.join(', ')}\n`;
}

function countOf(checks: readonly CheckResult[], status: Status): number {
  return checks.filter((check) => check.status === status).length;
}

function counting(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
