// Listens on ports until its input ends, or tries connections and prints what became of each; see refusal.test.ts.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const [mode, ...args] = process.argv.slice(2);

if (mode === 'listen') {
  const servers = args.map((port) => createServer((socket) => socket.end()).listen(Number(port), '::'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  process.stdout.write('listening\n');
  process.stdin.resume().on('end', () => process.exit());
} else {
  for (const target of args) process.stdout.write(`${await attempt(target)}\n`);
}

async function attempt(target: string): Promise<string> {
  const [host, port, localAddress] = target.split(' ');
  const source = localAddress === undefined ? {} : { localAddress };
  const socket = connect({ host: host!, port: Number(port), ...source });
  try {
    await once(socket, 'connect');
    return 'connected';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    socket.destroy();
  }
}
