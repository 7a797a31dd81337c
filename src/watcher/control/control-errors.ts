// How asking the agent fails, for commands that turn each into an exit status and one line.
import type { Refusal } from './protocol.ts';

/** Nobody listens on the socket, or the agent has ended. */
export class AgentNotRunning extends Error {
  override readonly name = 'AgentNotRunning';
}

/** The agent understood and refused; the message is its own. */
export class ControlRefused extends Error {
  override readonly name = 'ControlRefused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/**
 * The socket could not be used: `not-allowed` (it is root's), `interrupted` (the agent closed the connection before it had
 * answered), `silent` (no answer in time), or `strange` (what answers is not an agent of this version).
 */
export class ControlFailure extends Error {
  override readonly name = 'ControlFailure';
  readonly code: 'not-allowed' | 'interrupted' | 'silent' | 'strange' | 'failed';

  constructor(code: ControlFailure['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What an error of the socket at `path` means for whoever asked. */
export function meaningOf(error: NodeJS.ErrnoException, path: string): AgentNotRunning | ControlFailure {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED':
      return new AgentNotRunning(`no agent runs: nothing listens on ${path}`, { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new ControlFailure('not-allowed', `${path}: permission denied; run it as root`, error);
    case 'ECONNRESET':
    case 'EPIPE':
      return new ControlFailure(
        'interrupted',
        `${path}: the agent closed the connection without an answer: it is ending, or busy with 64 others`,
        error,
      );
    default:
      return new ControlFailure('failed', `${path}: ${error.message}`, error);
  }
}
