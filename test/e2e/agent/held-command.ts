// A command of the agent's program that goes on until it is ended, as a test watches it.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { AGENT, NO_OPTIONS } from '../../fixtures/programs.ts';
import { LogLines } from '../../fixtures/log-lines.ts';
import type { Scene } from './scene.ts';

export interface HeldCommand {
  readonly out: LogLines;
  readonly err: LogLines;
  signal(name: NodeJS.Signals): void;
  /** Its exit status; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Both streams as printed so far. */
  printed(): { readonly out: string[]; readonly err: string[] };
}

/** Starts the program in the scene's namespace with these arguments and the scene's runtime directory. */
export function startCommand(scene: Scene, args: readonly string[]): HeldCommand {
  const child: ChildProcess = scene.namespace.spawn(AGENT, [...args, '--runtime-dir', scene.path('run')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', CS_CONFIG: NO_OPTIONS },
  });
  const out = new LogLines(child.stdout!);
  const err = new LogLines(child.stderr!);
  const ended = once(child, 'close').then(([status]) => status as number | null);
  return {
    out,
    err,
    signal: (name) => void child.kill(name),
    ended,
    printed: () => ({ out: messages(out), err: messages(err) }),
  };
}

function messages({ lines }: LogLines): string[] {
  return lines.map(({ message }) => message ?? '');
}
