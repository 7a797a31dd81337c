// Decides from the guest's console whether the run passed. Silence is never success: without its plan line a run failed.

export interface Verdict {
  readonly passed: number;
  /** What was wrong, one line each; empty when every check passed. */
  readonly problems: readonly string[];
}

const CHECK = /^(not )?ok (\d+) - (.*)$/;
const PLAN = /^1\.\.(\d+)$/;

/** Judges the console's lines, in the Test Anything Protocol with the plan at the end; other lines are the kernel's. */
export function judge(lines: readonly string[]): Verdict {
  let passed = 0;
  let seen = 0;
  let planned: number | null = null;
  const problems: string[] = [];
  for (const line of lines) {
    if (line.startsWith('Bail out!')) problems.push(line);
    const plan = PLAN.exec(line);
    if (plan !== null) planned = Number(plan[1]);
    const check = CHECK.exec(line);
    if (check === null) continue;
    seen += 1;
    const [, failed, number, name] = check;
    if (Number(number) !== seen) problems.push(`check ${seen} is missing from the console: found ${number}`);
    if (failed === undefined) passed += 1;
    else problems.push(`failed: ${name}`);
  }
  if (planned === null) problems.push('the guest never reached its end');
  else if (planned !== seen || planned === 0) problems.push(`${seen} of ${planned} checks were seen`);
  return { passed, problems };
}
