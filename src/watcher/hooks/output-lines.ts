// A script's output as lines fit for a log: bounded in length and number, control characters spelled out.
// What is over the bounds is counted and dropped, so that the script hardly waits for us to read.

export interface OutputBounds {
  readonly maxLineBytes: number;
  readonly maxLines: number;
  readonly maxTotalBytes: number;
}

export const OUTPUT_BOUNDS: OutputBounds = { maxLineBytes: 2048, maxLines: 1000, maxTotalBytes: 64 * 1024 };

const NEWLINE = 0x0a;
/** Some ten microseconds each to log, in which the agent does nothing else. */
const MAX_LINES_A_TURN = 50;

/** What both streams of a script may still log, and what was dropped. */
export class OutputBudget {
  readonly bounds: OutputBounds;
  #lines = 0;
  #bytes = 0;
  #droppedBytes = 0;
  #isSpent = false;

  constructor(bounds: OutputBounds) {
    this.bounds = bounds;
  }

  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** A line did not fit: no later one is looked at, however many there are. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  drop(bytes: number): void {
    this.#droppedBytes += bytes;
  }

  /** Whether a line of this length is still within the bounds; counts it one way or the other. */
  admit(bytes: number): boolean {
    const { maxLines, maxTotalBytes } = this.bounds;
    this.#isSpent ||= this.#lines >= maxLines || this.#bytes + bytes > maxTotalBytes;
    if (this.#isSpent) {
      this.drop(bytes);
    } else {
      this.#lines += 1;
      this.#bytes += bytes;
    }
    return !this.#isSpent;
  }
}

/** Splits one stream into lines, as its chunks arrive. */
export class LineSplitter {
  readonly #budget: OutputBudget;
  readonly #onLine: (text: string) => void;
  #partial: Buffer[] = [];
  #partialBytes = 0;

  constructor(budget: OutputBudget, onLine: (text: string) => void) {
    this.#budget = budget;
    this.#onLine = onLine;
  }

  /** Takes in a chunk as far as one turn of the event loop should; returns what is left of it. */
  write(chunk: Buffer): Buffer {
    let start = 0;
    for (let lines = 0; !this.#budget.isSpent; lines += 1) {
      if (lines === MAX_LINES_A_TURN) return chunk.subarray(start);
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) {
        this.#collect(chunk.subarray(start));
        return Buffer.alloc(0);
      }
      this.#collect(chunk.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    this.#budget.drop(chunk.length - start);
    return Buffer.alloc(0);
  }

  /** The last line, if it had no newline. */
  end(): void {
    if (this.#partialBytes > 0) this.#emit();
  }

  #collect(bytes: Buffer): void {
    const room = this.#budget.bounds.maxLineBytes - this.#partialBytes;
    const kept = bytes.subarray(0, room);
    if (kept.length > 0) {
      this.#partial.push(Buffer.from(kept));
      this.#partialBytes += kept.length;
    }
    this.#budget.drop(bytes.length - kept.length);
  }

  #emit(): void {
    const line = Buffer.concat(this.#partial);
    this.#partial = [];
    this.#partialBytes = 0;
    if (this.#budget.admit(line.length)) this.#onLine(printable(line.toString('utf8')));
  }
}

/** The text with control characters and line separators spelled out: `\x1b`, `\u2028`. Tabs stay, a final CR goes. */
function printable(text: string): string {
  return text.replace(/\r$/, '').replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    if (character === '\t') return character;
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
