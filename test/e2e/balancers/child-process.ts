// A program of these tests in a namespace, with messages to and from it.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../fixtures/netns.ts';

const DEADLINE_MS = 15_000;

export class ProgramIn<Message> {
  readonly #child: ChildProcess;
  #last: Message | null = null;

  constructor(namespace: Namespace, file: string, args: readonly string[]) {
    const program = fileURLToPath(new URL(file, import.meta.url));
    this.#child = namespace.spawnNode(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message) => {
      this.#last = message as Message;
    });
  }

  /** The next message that is as wanted; fails after 15 s with the last one, or when the program ends. */
  async next(wanted: (message: Message) => boolean = () => true, what = 'a message'): Promise<Message> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    try {
      for (;;) {
        const [message] = await once(this.#child, 'message', { signal: deadline });
        if (wanted(message as Message)) return message as Message;
      }
    } catch (error) {
      throw new Error(`waited for ${what}; the last was ${JSON.stringify(this.#last)}`, { cause: error });
    }
  }

  /** Wakes the program. */
  tell(): void {
    this.#child.send('now');
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await closed;
  }
}
