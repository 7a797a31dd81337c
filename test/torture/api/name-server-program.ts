// Binds the name server's port in the namespace it was started in, hands the socket over to its parent, and ends.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const socket = createSocket('udp4');
socket.bind(53, '127.0.0.1');
await once(socket, 'listening');
await new Promise<void>((resolve, reject) => {
  process.send!('socket', socket, {}, (error: Error | null) => (error ? reject(error) : resolve()));
});
process.disconnect();
// The parent has its own copy by now.
process.exit();
