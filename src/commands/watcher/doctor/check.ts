// What a check is, and how it ends. One check looks at one thing and says what to do about it.
import type { Subject } from './subject.ts';

/** `not-run`: nothing could be learned, or there is nothing to learn; `detail` says why. */
export type Status = 'ok' | 'warning' | 'problem' | 'not-run';

export interface Finding {
  readonly status: Status;
  /** One line. */
  readonly detail: string;
  /** What to do: a command or a statement to paste where there is one. */
  readonly remedy: string | null;
}

export interface Check {
  /** Lower case with dashes; scripts select by it, so it never changes. */
  readonly id: string;
  readonly title: string;
  /** `aws`: asks a service of AWS or the Interaction API, so an image build has it not run. `bake`: of image builds only. */
  readonly place: 'host' | 'aws' | 'bake';
  /** Changes nothing. Whatever it throws ends as a finding that says so. */
  look(subject: Subject): Promise<Finding> | Finding;
}

export interface CheckResult extends Finding {
  readonly id: string;
  readonly title: string;
}

/** As it should be. */
export function ok(detail: string): Finding {
  return { status: 'ok', detail, remedy: null };
}

/** The agent works; something else than people expect may happen. */
export function warning(detail: string, remedy: string | null): Finding {
  return { status: 'warning', detail, remedy };
}

/** The agent cannot do its work, or does it where it must not. */
export function problem(detail: string, remedy: string | null): Finding {
  return { status: 'problem', detail, remedy };
}

/** Nothing could be learned. */
export function notRun(detail: string, remedy: string | null = null): Finding {
  return { status: 'not-run', detail, remedy };
}

/** The first few of a list and how many more there are. */
export function someOf(items: readonly string[], most = 4): string {
  const more = items.length - most;
  return more > 0 ? `${items.slice(0, most).join(', ')} and ${more} more` : items.join(', ');
}
