// The service on the drained port: sends back what it is sent, on both families.
import { createServer } from 'node:net';

const port = Number(process.argv[2]);
createServer((connection) => {
  // A client that resets its connection is no matter of ours.
  connection.on('error', () => connection.destroy());
  connection.pipe(connection);
}).listen(port, '::', () => process.stdout.write('listening\n'));
