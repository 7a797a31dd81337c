// The application behind a balancer: every answer says who gave it, and /stream goes on until told. Arguments: its name, and after how
// many requests it closes a connection, 0 for never.
import { createServer, type ServerResponse } from 'node:http';

const PORT = 8080;
const [name = '', requestsPerConnection = '0'] = process.argv.slice(2);
const streams = new Set<ServerResponse>();

const server = createServer((request, response) => {
  response.setHeader('x-server', name);
  if (request.url === '/stream') {
    response.write(`${name}\n`);
    streams.add(response);
    response.on('close', () => streams.delete(response));
    return;
  }
  request.resume();
  request.on('end', () => response.end(name));
});
// What a balancer keeps for later requests and does not need ends after this, as with many servers' defaults.
server.keepAliveTimeout = 5_000;
server.maxRequestsPerSocket = Number(requestsPerConnection);
server.listen(PORT, () => process.send?.('listening'));

setInterval(() => {
  for (const stream of streams) stream.write('tick\n');
}, 50).unref();

process.on('message', () => {
  for (const stream of streams) stream.end('end\n');
});
process.on('disconnect', () => process.exit());
