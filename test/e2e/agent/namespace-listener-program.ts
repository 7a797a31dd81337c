// Listens on loopback in the namespace it was started in, hands the sockets over to its parent, and ends: a listening
// socket stays in the namespace where it was made, whoever accepts from it.
import { once } from 'node:events';
import { createServer } from 'node:net';

const count = Number(process.argv[2]);
for (let index = 0; index < count; index += 1) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await new Promise<void>((resolve, reject) => {
    process.send!(server.address(), server, {}, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
process.disconnect();
// The parent has its own copies by now.
process.exit();
