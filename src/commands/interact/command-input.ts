// Standard input, for the two uses that commands have of it: a document piped in, and a person's answer.
import { addAbortSignal } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { CommandFailure, type CommandInput } from './command-context.ts';

/** Questions go to `prompts`, so that the output stays the result alone. Nothing is read before it is asked for. */
export function createCommandInput(
  input: ReadStream | NodeJS.ReadStream,
  prompts: WriteStream | NodeJS.WriteStream,
  signal: AbortSignal,
): CommandInput {
  return {
    async read() {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of addAbortSignal(signal, input)) chunks.push(Buffer.from(chunk));
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new CommandFailure(1, 'standard input: given up before its end', { cause: error });
      }
      return Buffer.concat(chunks).toString('utf8');
    },
    async ask(question) {
      if (input.isTTY !== true || prompts.isTTY !== true || signal.aborted) return null;
      const { createInterface } = await import('node:readline');
      const lines = createInterface({ input, output: prompts });
      // Readline draws its prompt anew at each key: only the last line is one.
      const start = question.lastIndexOf('\n') + 1;
      prompts.write(question.slice(0, start));
      return new Promise((resolve) => {
        // Ctrl-C reaches readline, not the process, while it waits.
        lines.once('SIGINT', () => lines.close());
        lines.once('close', () => resolve(''));
        signal.addEventListener('abort', () => lines.close(), { once: true });
        lines.question(question.slice(start), (answer) => {
          resolve(answer);
          lines.close();
        });
      });
    },
  };
}
