// HAProxy's agent-check: whoever connects is told one line.
import { createServer } from 'node:net';
import { keepListening, type Listener, type TcpAddress, type TellTrouble } from './listener.ts';

/**
 * `ready` is the only word that takes `drain` back, so it is said as long as nothing drains: a HAProxy that missed the end of a
 * drain, or that of a former instance at this address, would keep the server out for ever.
 */
const AGENT_CHECK_LINES = { draining: 'drain\n', serving: 'up ready\n' } as const;

/** A checker takes its line at once. */
const MAX_LIFE_MS = 5_000;

export interface AgentCheckOptions {
  readonly address: TcpAddress;
  readonly isDraining: () => boolean;
  readonly onTrouble: TellTrouble;
}

/** Answers agent-checks until closed. What is sent to it (`agent-send`) is not looked at. */
export function startAgentCheckListener({ address, isDraining, onTrouble }: AgentCheckOptions): Listener {
  const server = createServer((socket) => {
    const life = setTimeout(() => socket.destroy(), MAX_LIFE_MS);
    socket.on('close', () => clearTimeout(life));
    // Read and dropped: closed with something unread, the kernel would reset the connection and the line might be lost.
    socket.resume();
    socket.end(isDraining() ? AGENT_CHECK_LINES.draining : AGENT_CHECK_LINES.serving);
  });
  return keepListening(server, address, onTrouble);
}
