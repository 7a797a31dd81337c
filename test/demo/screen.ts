// What the demo shows: a timeline a person can follow, and at its end the promises.

const BOLD = process.stdout.isTTY ? '\x1b[1m' : '';
const DIM = process.stdout.isTTY ? '\x1b[2m' : '';
const RED = process.stdout.isTTY ? '\x1b[31m' : '';
const RESET = process.stdout.isTTY ? '\x1b[0m' : '';

/** A promise of the product, what was seen of it, and whether it was kept. */
export interface Observation {
  readonly promise: string;
  readonly observed: string;
  readonly kept: boolean;
}

export class Screen {
  readonly #startedMs = performance.now();

  /** The title of a part of the demo. */
  chapter(title: string): void {
    process.stdout.write(`\n${BOLD}${title}${RESET}\n`);
  }

  /** One thing that happened, and to whom. */
  line(who: string, text: string): void {
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(1).padStart(5);
    process.stdout.write(`${DIM}${seconds} s${RESET}  ${who.padEnd(9)} ${text}\n`);
  }

  /** A text as another program prints it. */
  quote(text: string): void {
    for (const line of text.trimEnd().split('\n'))
      process.stdout.write(`${DIM}         |${RESET} ${line.replaceAll('\t', '  ')}\n`);
  }

  /** The table of promises; true when all were kept. */
  verdict(observations: readonly Observation[]): boolean {
    this.chapter('What was promised, and what was observed');
    const width = Math.max(...observations.map(({ promise }) => promise.length));
    for (const { promise, observed, kept } of observations) {
      process.stdout.write(
        `  ${kept ? 'kept  ' : `${RED}BROKEN${RESET}`}  ${promise.padEnd(width)}  ${observed}\n`,
      );
    }
    const broken = observations.filter(({ kept }) => !kept).length;
    process.stdout.write(
      `\n${BOLD}${observations.length - broken} of ${observations.length} promises kept${RESET}\n`,
    );
    return broken === 0;
  }
}
