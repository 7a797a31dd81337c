// Runs the checks of a place side by side. However one of them ends, the others have their results.
import { DeadlineExceeded, runWithin } from '../../../aws/deadline.ts';
import { EnvironmentError } from '../../../aws/http-agents.ts';
import { quote } from '../../../interaction/client/quote.ts';
import { type Check, type CheckResult, type Finding, notRun, problem, warning } from './check.ts';
import type { Subject } from './subject.ts';

/** Long enough for a policy's refusal, and for the commands that remove a chain. */
const MAX_LENGTH = 1_200;

/** How long the checks of each place may take. */
export interface CheckTimeouts {
  readonly hostMs: number;
  readonly awsMs: number;
}

/**
 * The results in the order of the checks. Never rejects. The host comes before AWS: the work that it makes must not look like
 * a metadata service that is slow to answer.
 */
export async function runChecks(
  checks: readonly Check[],
  subject: Subject,
  { hostMs, awsMs }: CheckTimeouts,
): Promise<CheckResult[]> {
  const called = checks.filter(({ place }) => place !== 'bake' || subject.isBake);
  const results = new Map<Check, CheckResult>();
  for (const isAws of [false, true]) {
    const timeoutMs = isAws ? awsMs : hostMs;
    const now = called.filter(({ place }) => (place === 'aws') === isAws);
    await Promise.all(
      now.map(async (check) => results.set(check, toResult(check, await outcome(check, subject, timeoutMs)))),
    );
  }
  return called.map((check) => results.get(check) as CheckResult);
}

function toResult({ id, title }: Check, { status, detail, remedy }: Finding): CheckResult {
  const told = {
    detail: quote(detail, MAX_LENGTH),
    remedy: remedy === null ? null : quote(remedy, MAX_LENGTH),
  };
  return { id, title, status, ...told };
}

async function outcome(check: Check, subject: Subject, timeoutMs: number): Promise<Finding> {
  if (check.place === 'aws' && subject.isBake) return notRun('no AWS at hand while an image is made');
  try {
    return await runWithin({ timeoutMs }, async () => check.look(subject));
  } catch (error) {
    return findingOf(error);
  }
}

function findingOf(error: unknown): Finding {
  if (error instanceof DeadlineExceeded) return warning(`nothing was found out: ${error.message}`, null);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof EnvironmentError) return problem(message, `unset ${error.variable}, or mend it`);
  return warning(`could not be looked at: ${message}`, null);
}
