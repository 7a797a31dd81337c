// The scene of `status --watch`: a host that drains, with connections that end one after the other and clients that knock.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ADDRESSES, Stage, WEB_PORT } from '../../test/demo/stage.ts';
import type { Namespace } from '../../test/fixtures/netns.ts';
import { askEverySecond, KEY, temporaryDirectory } from '../../test/fixtures/programs.ts';

const CONNECTIONS = 14;
const ENDED = 5;
const KNOCKS = 23;
/** Between two connections that end. */
const PACE_MS = 1_500;

export interface DrainingHost {
  /** Starts a command on the host. */
  readonly spawn: Namespace['spawn'];
  /** What `status` must be told to find the agent. */
  readonly options: readonly string[];
  /** Lets clients knock and connections end. */
  goOn(): Promise<void>;
}

/** Builds the stage and waits until the drain has begun; hands what must be ended to `atEnd`, the last first. */
export async function startDrainingHost(
  atEnd: (end: () => Promise<void> | void) => void,
): Promise<DrainingHost> {
  // Scripts may run below /run, where root alone decides.
  const directory = temporaryDirectory('/run');
  atEnd(directory.close);
  const stage = new Stage(directory.path);
  atEnd(() => stage.close());
  await stage.build();
  await stage.serveWeb('a', 'a', WEB_PORT);
  const client = stage.startClient();
  const web = { label: 'web', host: ADDRESSES.a, port: WEB_PORT };
  for (let i = 0; i < CONNECTIONS; i += 1) {
    stage.tellClient({ do: 'hold', name: String(i), target: web });
    await client.waitFor('held', i);
  }
  const api = await stage.startApi();
  atEnd(api.kill);
  const ports = ['--on-draining-block-new-connections-to-ports', String(WEB_PORT), '8443', '9000-9010'];
  const agent = stage.startAgent([...askEverySecond(api), ...ports, '--drain-timeout', '900'], KEY);
  atEnd(agent.kill);
  const scripts = join(directory.path, 'a/scripts/draining');
  mkdirSync(scripts, { recursive: true });
  writeFileSync(join(scripts, '10-deregister'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await agent.log.waitFor('state-changed');
  await api.setState('draining');
  await agent.log.waitFor('table-installed');
  await agent.log.waitFor('hook-completed');
  return {
    spawn: stage.in('a').spawn,
    options: ['--runtime-dir', join(directory.path, 'a/run'), '--state-dir', join(directory.path, 'a/state')],
    async goOn() {
      stage.tellClient({ do: 'knock', targets: Array.from({ length: KNOCKS }, () => web) });
      await client.waitFor('knocked');
      for (let i = 0; i < ENDED; i += 1) {
        stage.tellClient({ do: 'release', name: String(i) });
        await pause(PACE_MS);
      }
    },
  };
}
