// A web server that says who it is, closes a connection only after ten idle seconds, and serves one long download whose
// bytes can be checked.
//   node web-server.ts NAME PORT
import { createServer } from 'node:http';
import { downloadChunk, DOWNLOAD_CHUNKS, DOWNLOAD_CHUNK_MS } from './download.ts';

const [name = '?', port = '8080'] = process.argv.slice(2);

const server = createServer((request, response) => {
  if (request.url !== '/download') {
    response.setHeader('x-served-by', name);
    response.end(`${name}\n`);
    return;
  }
  let sent = 0;
  response.setHeader('content-length', DOWNLOAD_CHUNKS * downloadChunk(0).length);
  const timer = setInterval(() => {
    response.write(downloadChunk(sent));
    sent += 1;
    if (sent < DOWNLOAD_CHUNKS) return;
    clearInterval(timer);
    response.end();
  }, DOWNLOAD_CHUNK_MS);
  response.on('close', () => clearInterval(timer));
});
server.keepAliveTimeout = 10_000;
server.listen(Number(port), '::', () => process.stdout.write('listening\n'));
