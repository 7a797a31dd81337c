// Standard input, for the two uses that commands have of it: a document piped in, and a person's answer.
import type { ReadStream, WriteStream } from 'node:tty';
import type { CommandInput } from './command-context.ts';

/** Questions go to `prompts`, so that the output stays the result alone. Nothing is read before it is asked for. */
export function createCommandInput(
  input: ReadStream | NodeJS.ReadStream,
  prompts: WriteStream | NodeJS.WriteStream,
  signal: AbortSignal,
): CommandInput {
  return {
    async read() {
      const chunks: Buffer[] = [];
      for await (const chunk of input) chunks.push(Buffer.from(chunk));
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
