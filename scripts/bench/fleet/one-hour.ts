// An hour of one agent, counted where its questions arrive: its clock and its waits run that much faster, nothing else of it does.
import type { TestContext } from 'node:test';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsScene } from '../../../test/e2e/agent/aws-scene.ts';
import { compilePreloaded } from '../../../test/torture/compile.ts';

const FAST_CLOCK = join(import.meta.dirname, '../../../test/torture/process/fast_clock.c');
const HOUR_MS = 3_600_000;
/** The servers' clock follows the agent's in steps far below what a signature may be off by. */
const CLOCK_STEP_MS = 10;

export interface Hour {
  readonly periodS: number;
  readonly contextS: number;
  /** By how much the agent's clock is faster than ours. */
  readonly speed: number;
}

export interface Questions {
  /** From the first poll, which is not counted, to an hour after it. */
  readonly polls: number;
  /** Of AWS, by `service operation`, from the start on: those of the first discovery too. */
  readonly operations: Readonly<Record<string, number>>;
}

export async function questionsInAnHour({ periodS, contextS, speed }: Hour): Promise<Questions> {
  const closers: (() => unknown)[] = [];
  const t = { after: (close: () => unknown) => void closers.push(close) };
  try {
    const aws = await AwsScene.create(t as unknown as TestContext);
    aws.scene.script('draining', '10-nothing', ':');
    const library = compilePreloaded(FAST_CLOCK, aws.scene.directory);
    const beganMs = performance.now();
    const clock = setInterval(() => {
      const offsetMs = Math.round((performance.now() - beganMs) * (speed - 1));
      aws.sandbox.change({ clock: { offsetMs } });
    }, CLOCK_STEP_MS);
    closers.push(() => clearInterval(clock));
    aws.start(
      [
        ...['--api-polling-period', String(periodS), '--stale-context-timeout', String(contextS)],
        ...['--log-level', 'info'],
      ],
      { env: { LD_PRELOAD: library, FAST_CLOCK_SPEED: String(speed) } },
    );
    await aws.api.further(1);
    const endsMs = aws.api.polls[0]!.atMs + HOUR_MS / speed;
    await delay(endsMs - performance.now());
    const { operations } = aws.sandbox.requests();
    return { polls: aws.api.polls.filter(({ atMs }) => atMs <= endsMs).length - 1, operations };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
