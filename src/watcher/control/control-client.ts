// What commands ask of the agent that runs on this host.
import type { StatusDocument } from '../observe/status-document.ts';
import { openControl, parsed, refuse, textOf } from './control-request.ts';
import { PATHS } from './protocol.ts';

export { AgentNotRunning, ControlFailure, ControlRefused } from './control-errors.ts';

/** Somebody waits for it at a terminal, and has the kernel's own word after that. */
const ANSWER_MS = 3_000;

/** The status of the agent that runs. Throws `AgentNotRunning`, `ControlFailure` and `ControlRefused`. */
export async function askStatus(runtimeDir: string): Promise<StatusDocument> {
  return parsed(await ask(runtimeDir, PATHS.status)) as StatusDocument;
}

async function ask(runtimeDir: string, path: string): Promise<string> {
  const response = await openControl({ runtimeDir, method: 'GET', path, timeoutMs: ANSWER_MS });
  return response.statusCode === 200 ? textOf(response) : refuse(response);
}
