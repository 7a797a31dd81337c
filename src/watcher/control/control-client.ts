// What commands ask of the agent that runs on this host.
import type { StatusDocument } from '../observe/status-document.ts';
import { openControl, parsed, refuse, textOf } from './control-request.ts';
import { PATHS } from './protocol.ts';

export { AgentNotRunning, ControlFailure, ControlRefused } from './control-errors.ts';

/** Somebody waits for it at a terminal, and has the kernel's own word after that. */
const ANSWER_MS = 3_000;

/** The status of the agent that runs. Throws `AgentNotRunning`, `ControlFailure` and `ControlRefused`. */
export async function askStatus(runtimeDir: string): Promise<StatusDocument> {
  const asked = { runtimeDir, method: 'GET', path: PATHS.status, timeoutMs: ANSWER_MS } as const;
  const response = await openControl(asked);
  if (response.statusCode !== 200) return refuse(response);
  return parsed(await textOf(response)) as StatusDocument;
}
