// Real agents that are started together: the phase that each of them drew, as its polls show it to the API.
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listenIn } from '../../../test/e2e/agent/namespace-listener.ts';
import { metadata } from '../../../test/e2e/agent/scripted-api.ts';
import { createNamespace } from '../../../test/fixtures/netns.ts';
import { askEverySecond, KEY, startAgent, temporaryDirectory } from '../../../test/fixtures/programs.ts';

const PERIOD_MS = 1_000;
const POLLS_EACH = 2;
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** Of each agent, in periods: from its first poll to its slots, in [0, 1). */
export async function realPhases(agents: number): Promise<number[]> {
  const directory = temporaryDirectory('/run');
  const namespace = await createNamespace();
  const closers: (() => unknown)[] = [() => namespace.close(), () => directory.close()];
  try {
    const [listener] = await listenIn(namespace, 1);
    const { port, socket } = listener!;
    // An agent asks over one kept connection.
    const pollsMs = new Map<number, number[]>();
    const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
      const from = request.socket.remotePort!;
      pollsMs.set(from, [...(pollsMs.get(from) ?? []), performance.now()]);
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(metadata('running')));
    });
    server.listen(socket);
    closers.push(() => {
      server.close();
      server.closeAllConnections();
    });
    for (let number = 0; number < agents; number += 1) {
      const own = join(directory.path, String(number));
      mkdirSync(join(own, 'scripts'), { recursive: true });
      const args = [...askEverySecond({ url: `http://127.0.0.1:${port}/v1/` }), '--log-level', 'info'];
      const agent = startAgent({ namespace, directory: own, args, env: KEY });
      closers.push(() => agent.kill());
    }
    const endsMs = performance.now() + PATIENCE_MS;
    const asked = (): number[][] => [...pollsMs.values()].filter(({ length }) => length >= POLLS_EACH);
    while (asked().length < agents) {
      if (performance.now() > endsMs) throw new Error(`${asked().length} of ${agents} agents have polled`);
      await delay(LOOK_EVERY_MS);
    }
    // What a first poll took beyond the others moves its agent's phase, and leaves phases evenly drawn as even as they are.
    return asked().map(([first, second]) => ((second! - first!) / PERIOD_MS) % 1);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** The largest distance between the share of values below one and what it is when all of [0, 1) is as likely (Kolmogorov, Smirnov). */
export function distanceFromUniform(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const { length } = sorted;
  return Math.max(
    ...sorted.map((value, index) => Math.max((index + 1) / length - value, value - index / length)),
  );
}
