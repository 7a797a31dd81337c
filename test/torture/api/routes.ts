// Faults of the VPC endpoint, the first of two ways to the API: the public address takes over within the same poll.
import type { ApiWorld } from './api-world.ts';
import type { Family, Fault } from './fault.ts';
import type { OnConnection } from './secure-front.ts';

/** The endpoint is on the loopback address, where it is asked over plain HTTP: the scene's own API stands for it. */
function endpoint(onRequest: 'resets' | 'answers Forbidden' | 'hangs') {
  return ({ aws }: ApiWorld) => {
    const working = aws.api.reply;
    aws.api.reply = (request, response) => {
      if (onRequest === 'resets') request.socket.resetAndDestroy();
      if (onRequest === 'answers Forbidden') response.writeHead(403).end('{"message":"Forbidden"}');
    };
    return () => {
      aws.api.reply = working;
    };
  };
}

const both: (onConnection: OnConnection) => Fault['inject'] = (onConnection) => (world) => {
  const heal = endpoint('resets')(world);
  world.front.onConnection = onConnection;
  world.front.drop();
  return () => {
    world.front.onConnection = undefined;
    heal();
  };
};

const faults: readonly Fault[] = [
  {
    name: 'VPC endpoint gone: its connections are refused',
    inject: (world) => world.rule('reject with tcp reset', Number(new URL(world.aws.api.url).port)),
    line: null,
  },
  { name: 'VPC endpoint hangs', inject: endpoint('hangs'), line: null },
  { name: 'VPC endpoint leads to another API', inject: endpoint('answers Forbidden'), line: null },
  { name: 'VPC endpoint resets', inject: endpoint('resets'), line: null },
  {
    name: 'VPC endpoint and public address gone',
    inject: both((socket) => void socket.resetAndDestroy()),
    line: /\(transport\): /,
  },
];

export const endpointFamily: Family = { name: 'VPC endpoint', withEndpoint: true, faults };
