// Waiting for what announces itself to nobody: asked again and again, with a deadline.
import { setTimeout } from 'node:timers/promises';

const PAUSE_MS = 50;

/** Asks until the answer is yes. Fails after the deadline, saying what was waited for. */
export async function untilTrue(
  what: string,
  question: () => Promise<boolean> | boolean,
  deadlineMs = 15_000,
): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  while (!(await question())) {
    if (performance.now() > endsAt) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await setTimeout(PAUSE_MS);
  }
}
