// What every command of cs-interact is given of the process it runs in, and how it fails.

export interface CommandContext {
  /** The program's own. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Aborted when nobody reads the output any longer, as it turned out by writing some. */
  readonly readerGone: AbortSignal;
  /** Whether a person reads the output. */
  readonly isTerminal: boolean;
  readonly input: CommandInput;
  /** One line of the command's result. */
  readonly print: (line: string) => void;
  /** One line for the person in charge, without the program's name. */
  readonly warn: (line: string) => void;
  /** Help that was not asked for, as it is. */
  readonly explain: (text: string) => void;
}

/** The process's standard input. */
export interface CommandInput {
  /** Everything up to its end, as UTF-8. */
  read(): Promise<string>;
  /**
   * Puts a question to the person at the terminal and gives the line that was typed, empty when the input or the process
   * was ended before there was one; null where nobody can be asked.
   */
  ask(question: string): Promise<string | null>;
}

/** 1 an error, 2 usage or configuration, 75 locked or timed out. */
export type FailureStatus = 1 | 2 | 75;

/** Ends the command. The message says in one line what went wrong, where, and what to do. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitStatus: FailureStatus;

  constructor(exitStatus: FailureStatus, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitStatus = exitStatus;
  }
}
