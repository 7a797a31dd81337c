// Ends an HTTP server without cutting off answers under way, and without waiting for clients that never finish.
import type { Server } from 'node:http';

const graceMs = 2_000;

/** Refuses new connections, lets requests under way finish for two seconds, then ends what is left. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const endAll = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(endAll);
      resolve();
    });
    server.closeIdleConnections();
  });
}
