// Why an operator did not get what was asked for, in one line: what was said, and what to do about it.

export type ApiFailureKind =
  // The request, before anything was sent.
  | 'usage'
  | 'environment'
  /** There may be some, and nothing gave them. */
  | 'credentials'
  /** There are definitely none. */
  | 'no-credentials'
  // No answer.
  | 'dns'
  | 'no-connection'
  | 'tls'
  | 'timeout'
  | 'interrupted'
  | 'aborted'
  // Refused at the door.
  | 'expired-token'
  | 'invalid-token'
  | 'signature-mismatch'
  | 'clock-skew'
  | 'wrong-region'
  | 'not-allowed'
  | 'no-route'
  | 'wrong-endpoint'
  // Answered, in another way than hoped for.
  | 'unknown-operation'
  | 'refused'
  | 'too-large'
  | 'throttled'
  | 'no-snapshot'
  | 'server'
  | 'gateway-timeout'
  | 'not-an-api'
  // The group's own resources.
  | 'no-such-group'
  | 'no-such-queue';

/** How a program that met it should end (DESIGN 9): 1, 2 or 75. */
export type FailureExit = 'error' | 'usage' | 'timeout';

export interface Failure {
  readonly kind: ApiFailureKind;
  /** Of the HTTP answer; null when none came. */
  readonly status: number | null;
  /** What was asked for or called: `metadata`, `Discovery function`. */
  readonly subject: string;
  /** What the other side said, or what happened. */
  readonly said: string;
  /** What to do; empty when there is nothing to add. */
  readonly advice: string;
}

/** Every failure of the operators' client. All texts are fit for one line of a terminal, without secrets. */
export class ApiFailure extends Error {
  readonly kind: ApiFailureKind;
  readonly status: number | null;
  readonly subject: string;
  readonly said: string;
  readonly advice: string;
  readonly exit: FailureExit;

  constructor(failure: Failure, options?: ErrorOptions) {
    const { subject, said, advice } = failure;
    super(joinParts([subject, said, advice]), options);
    this.name = 'ApiFailure';
    this.kind = failure.kind;
    this.status = failure.status;
    this.subject = subject;
    this.said = said;
    this.advice = advice;
    this.exit = exitOf(failure.kind);
  }
}

/** A full stop before a colon is none. */
function joinParts(parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .map((part, index, all) => (index < all.length - 1 ? part.replace(/(?<!\.)\.$/, '') : part))
    .join(': ');
}

function exitOf(kind: ApiFailureKind): FailureExit {
  if (kind === 'usage' || kind === 'environment') return 'usage';
  return kind === 'timeout' || kind === 'gateway-timeout' ? 'timeout' : 'error';
}

/** The last of several failures, with what the earlier ones said. */
export function joinFailures(failures: readonly ApiFailure[]): ApiFailure {
  const last = failures.at(-1)!;
  if (failures.length === 1) return last;
  const said = failures.map((failure) => failure.said).join('; then ');
  const { kind, status, subject, advice } = last;
  return new ApiFailure({ kind, status, subject, said, advice }, { cause: last });
}
