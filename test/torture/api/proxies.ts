// Faults of the proxy that the environment names: the only way to the API goes through it.
import type { Socket } from 'node:net';
import type { ApiWorld } from './api-world.ts';
import type { Family, Fault } from './fault.ts';

type OnConnect = (client: Socket, world: ApiWorld) => void;

const tunnel: OnConnect = (client, { front }) => {
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  front.accept(client);
};

/** The proxy does this with every request for a tunnel, until it is healed; the tunnels there were are closed. */
function proxy(onConnect: OnConnect) {
  return (world: ApiWorld) => {
    serveProxy(world, onConnect);
    world.front.drop();
    return () => serveProxy(world);
  };
}

/** Serves the world's proxy; as a proxy should, unless told. */
export function serveProxy(world: ApiWorld, onConnect: OnConnect = tunnel): void {
  world.proxySocket.removeAllListeners('connection');
  world.proxySocket.on('connection', (client) => {
    client.on('error', () => {});
    client.once('data', () => onConnect(client, world));
  });
}

const answers = (head: string) => proxy((client) => void client.end(`HTTP/1.1 ${head}\r\n\r\n`));

const faults: readonly Fault[] = [
  { name: 'proxy resets', inject: proxy((client) => void client.resetAndDestroy()), line: /\(transport\): / },
  {
    name: 'proxy asks for a password',
    inject: answers('407 Proxy Authentication Required'),
    line: /\(transport\): .*407/,
  },
  { name: 'proxy forbids', inject: answers('403 Forbidden'), line: /\(transport\): .*403/ },
  { name: 'proxy has no gateway', inject: answers('502 Bad Gateway'), line: /\(transport\): .*502/ },
  { name: 'proxy hangs', inject: proxy(() => {}), line: /\(transport\): .*no answer within/, hangs: true },
  {
    name: 'proxy hangs behind its tunnel',
    inject: proxy((client) => void client.write('HTTP/1.1 200 Connection established\r\n\r\n')),
    line: /\(transport\): .*no answer within/,
    hangs: true,
  },
];

export const proxyFaults: Family = { name: 'proxy', env: { HTTPS_PROXY: 'PROXY' }, faults };
