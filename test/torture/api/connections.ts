// Faults on the way to the API: its name, the connection, TLS.
import type { Socket } from 'node:net';
import type { ApiWorld } from './api-world.ts';
import type { Family, Fault } from './fault.ts';
import type { NameServerMode } from './name-server.ts';
import type { Certificate, OnConnection } from './secure-front.ts';

function names(mode: NameServerMode) {
  return ({ names: server, front }: ApiWorld) => {
    server.mode = mode;
    front.drop();
    return () => {
      server.mode = 'answers';
    };
  };
}

function connections(onConnection: OnConnection) {
  return ({ front }: ApiWorld) => {
    front.onConnection = onConnection;
    front.drop();
    return () => {
      front.onConnection = undefined;
    };
  };
}

function certificate(shown: Certificate) {
  return ({ front }: ApiWorld) => {
    front.show(shown);
    front.drop();
    return () => {
      front.show('valid');
      front.drop();
    };
  };
}

function rule(verdict: Parameters<ApiWorld['rule']>[0]) {
  return async (world: ApiWorld) => {
    const lift = await world.rule(verdict);
    world.front.drop();
    return lift;
  };
}

const faults: readonly Fault[] = [
  {
    name: 'name server silent',
    inject: names('is silent'),
    line: /\(transport\): .*no answer within/,
    hangs: true,
  },
  { name: 'every first question to the name server lost', inject: names('loses questions'), line: null },
  { name: 'name server fails', inject: names('fails'), line: /\(transport\): .*EAI_AGAIN/ },
  {
    name: 'no such name',
    inject: names('knows no such name'),
    line: /\(transport\): .*ENOTFOUND/,
  },
  {
    name: 'connection refused',
    inject: rule('reject with tcp reset'),
    line: /\(transport\): .*ECONNREFUSED/,
  },
  {
    name: 'SYN dropped',
    inject: rule('drop'),
    line: /\(transport\): .*no answer within/,
    hangs: true,
  },
  {
    name: 'TLS handshake stalled',
    inject: connections(() => {}),
    line: /\(transport\): .*no answer within/,
    hangs: true,
  },
  {
    name: 'reset in the TLS handshake',
    inject: connections((socket: Socket) => void socket.once('data', () => socket.resetAndDestroy())),
    line: /\(transport\): /,
  },
  {
    name: 'no TLS at all',
    inject: connections((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    line: /\(transport\): .*does not speak TLS/,
  },
  {
    name: 'certificate expired',
    inject: certificate('expired'),
    line: /\(transport\): .*certificate has expired/,
  },
  {
    name: 'certificate of another host',
    inject: certificate('other-host'),
    line: /\(transport\): .*api\.test/,
  },
];

export const connectionFaults: Family = { name: 'connections', faults };
