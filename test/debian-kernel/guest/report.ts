// The console's only voice: checks in the Test Anything Protocol, the plan last, and remarks for the reader.

export class Report {
  #checks = 0;

  /** Runs one check. It fails when it throws; a string that it returns is shown beside its name. */
  async check(name: string, run: () => unknown): Promise<void> {
    this.#checks += 1;
    try {
      const measured = await run();
      say(`ok ${this.#checks} - ${name}${typeof measured === 'string' ? ` (${measured})` : ''}`);
    } catch (error) {
      say(`not ok ${this.#checks} - ${name}`);
      for (const line of String(error instanceof Error ? error.message : error).split('\n')) remark(line);
    }
  }

  end(): void {
    say(`1..${this.#checks}`);
  }
}

/** A line for the reader that decides nothing. */
export function remark(text: string): void {
  say(`# ${text}`);
}

/** The scenario cannot go on: the run fails. */
export function giveUp(error: unknown): void {
  say(`Bail out! ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
