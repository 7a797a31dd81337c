// What commands ask of the agent that runs on this host.
import type { StatusDocument } from '../observe/status-document.ts';
import { openControl, parsed, refuse, textOf } from './control-request.ts';
import { PATHS } from './protocol.ts';

export { AgentNotRunning, ControlFailure, ControlRefused } from './control-errors.ts';

const ANSWER_MS = 10_000;

/** The status of the agent that runs. Throws `AgentNotRunning`, `ControlFailure` and `ControlRefused`. */
export async function askStatus(runtimeDir: string): Promise<StatusDocument> {
  return parsed(await ask(runtimeDir, PATHS.status)) as StatusDocument;
}

/** Its metrics, in the text form of Prometheus. Throws as `askStatus` does. */
export function askMetrics(runtimeDir: string): Promise<string> {
  return ask(runtimeDir, PATHS.metrics);
}

async function ask(runtimeDir: string, path: string): Promise<string> {
  const response = await openControl({ runtimeDir, method: 'GET', path, timeoutMs: ANSWER_MS });
  return response.statusCode === 200 ? textOf(response) : refuse(response);
}
