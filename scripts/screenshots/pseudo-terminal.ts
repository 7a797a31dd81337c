// A terminal of a given size that a program really runs in, and what stands on its screen: script(1) makes the terminal,
// @xterm/headless understands what the program writes to it.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import xterm from '@xterm/headless';
import { shellWord } from '../../src/watcher/domain/shell-word.ts';
import type { Namespace } from '../../test/fixtures/netns.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Neighbouring characters of one look. */
export interface Run {
  readonly column: number;
  readonly text: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
  /** 0 to 15, or null for the terminal's own. */
  readonly colour: number | null;
}

const CLOSE_DEADLINE_MS = 10_000;

export class PseudoTerminal {
  /** The exit status. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #screen: InstanceType<typeof xterm.Terminal>;

  constructor(command: readonly string[], { columns, rows }: TerminalSize, spawn: Namespace['spawn']) {
    const line = `stty columns ${columns} rows ${rows}; exec ${command.map(shellWord).join(' ')}`;
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.#child = spawn('script', ['-qfec', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
    });
    this.#child.stdout!.on('data', (bytes: Buffer) => this.#screen.write(bytes));
    this.ended = once(this.#child, 'close').then(([status]) => status as number | null);
  }

  /** What a person types. */
  type(keys: string): void {
    this.#child.stdin!.write(keys);
  }

  /** Waits until the screen's text matches; fails after the deadline or when the program ends first. */
  async shows(wanted: RegExp, deadlineMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(deadlineMs);
    const late = once(deadline, 'abort');
    while (!wanted.test(await this.text())) {
      const isOver = deadline.aborted || this.#child.exitCode !== null;
      if (isOver) throw new Error(`the screen never showed ${wanted}:\n${await this.text()}`);
      await Promise.race([once(this.#child.stdout!, 'data'), this.ended, late]);
    }
  }

  async text(): Promise<string> {
    const lines = await this.lines();
    return lines.map((runs) => runs.map(({ text }) => text).join('')).join('\n');
  }

  /** The lines of the screen, without those that are empty at its end. */
  async lines(): Promise<Run[][]> {
    // What came so far is taken in before the callback comes.
    await new Promise<void>((resolve) => this.#screen.write('', resolve));
    const buffer = this.#screen.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, row) => runsOf(buffer.getLine(row)!));
    return lines.slice(0, lines.findLastIndex((runs) => runs.length > 0) + 1);
  }

  /** Ends the program as a person would, with Ctrl-C, so that it cleans up; kills it when that is of no use. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null) this.type('\x03');
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_DEADLINE_MS);
    await this.ended;
    clearTimeout(deadline);
    this.#screen.dispose();
  }
}

type BufferLine = NonNullable<ReturnType<InstanceType<typeof xterm.Terminal>['buffer']['active']['getLine']>>;

function runsOf(line: BufferLine): Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < line.length; column += 1) {
    const cell = line.getCell(column)!;
    const text = cell.getChars() || ' ';
    const look = {
      isBold: cell.isBold() !== 0,
      isDim: cell.isDim() !== 0,
      colour: cell.isFgPalette() ? cell.getFgColor() : null,
    };
    const last = runs.at(-1);
    const isSame =
      last !== undefined &&
      last.isBold === look.isBold &&
      last.isDim === look.isDim &&
      last.colour === look.colour;
    if (isSame) runs[runs.length - 1] = { ...last, text: last.text + text };
    else runs.push({ column, text, ...look });
  }
  const end = runs.findLastIndex(({ text }) => text.trim() !== '');
  return runs.slice(0, end + 1).map((run, i) => (i === end ? { ...run, text: run.text.trimEnd() } : run));
}
