// Connections for the seeds of the fuzz targets to be recorded from: over IPv4, IPv6 and a published port. Holds them until
// its standard input ends.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

const sockets: Socket[] = [];
const hold = (socket: Socket) => {
  socket.on('error', () => {}); // recording closes connections too
  sockets.push(socket);
};
const server = createServer(hold);
server.listen(8080, '::');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

for (const target of [
  { host: '127.0.0.1', port },
  { host: '::1', port },
  { host: '10.9.9.9', port: 80 }, // which the scene's rules send to 10.9.9.8:8080
]) {
  const socket = connect(target);
  hold(socket);
  await once(socket, 'connect');
}
process.stdout.write('ready\n');
process.stdin.resume();
await once(process.stdin, 'end');
for (const socket of sockets) socket.destroy();
server.close();
