// A real firewalld in a network namespace, with a message bus and configuration of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../fixtures/netns.ts';
import { tableHandles } from './table-handles.ts';

const START = fileURLToPath(new URL('firewalld-start.py', import.meta.url));
const PACKAGES = 'Debian packages dbus-daemon, python3-firewall, python3-nftables';
const RELOAD_DEADLINE_MS = 20_000;

/** All that firewalld insists on. Everything is accepted, so that what is refused was refused by the drain table. */
const ZONES = { trusted: 'ACCEPT', block: '%%REJECT%%', drop: 'DROP' };
const CONFIG = 'DefaultZone=trusted\nFirewallBackend=nftables\nIPv6_rpfilter=no\n';

export class Firewalld {
  readonly #namespace: Namespace;
  readonly #bus: ChildProcess;
  readonly #daemon: ChildProcess;

  private constructor(namespace: Namespace, bus: ChildProcess, daemon: ChildProcess) {
    this.#namespace = namespace;
    this.#bus = bus;
    this.#daemon = daemon;
  }

  /** Starts it and waits until its rules are in place. `directory` keeps its files. */
  static async start(namespace: Namespace, directory: string): Promise<Firewalld> {
    const socket = join(directory, 'bus');
    const bus = await startBus(socket, directory);
    const [system, defaults] = [join(directory, 'etc'), join(directory, 'defaults')];
    mkdirSync(system);
    mkdirSync(join(defaults, 'zones'), { recursive: true });
    writeFileSync(join(system, 'firewalld.conf'), CONFIG);
    for (const [zone, target] of Object.entries(ZONES))
      writeFileSync(join(defaults, 'zones', `${zone}.xml`), `<zone target="${target}"></zone>`);
    // Debian's python3, the one that its packages are for.
    const daemon = namespace.spawn('/usr/bin/python3', ['-B', START, system, defaults], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` },
    });
    const output: string[] = [];
    const running = Promise.withResolvers<void>();
    for (const stream of [daemon.stdout!, daemon.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        output.push(line);
        if (line === 'running') running.resolve();
      });
    }
    daemon.on('close', () => running.reject(missing(output.join('\n'))));
    const firewalld = new Firewalld(namespace, bus, daemon);
    try {
      await running.promise;
    } catch (error) {
      await firewalld.close();
      throw error;
    }
    return firewalld;
  }

  /** `systemctl reload firewalld`: waits until the rules have been torn down and put up again. */
  async reload(): Promise<void> {
    const before = await tableHandles(this.#namespace);
    this.#daemon.kill('SIGHUP');
    const endsAt = performance.now() + RELOAD_DEADLINE_MS;
    for (;;) {
      const now = await tableHandles(this.#namespace);
      // While it reloads, a table of its own drops everything.
      const isDone = now.has('firewalld') && !now.has('firewalld_policy_drop');
      if (isDone && now.get('firewalld') !== before.get('firewalld')) return;
      if (performance.now() > endsAt) throw new Error('firewalld did not reload in time');
    }
  }

  async close(): Promise<void> {
    for (const child of [this.#daemon, this.#bus]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }
  }
}

async function startBus(socket: string, directory: string): Promise<ChildProcess> {
  const config = join(directory, 'bus.conf');
  writeFileSync(
    config,
    `<busconfig><type>custom</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
    <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`,
  );
  const watcher = watch(directory);
  const bus = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--nopidfile'], {
    stdio: 'ignore',
  });
  const failed = Promise.race([
    once(bus, 'error').then(([error]) => String(error)),
    once(bus, 'close').then(([status]) => `dbus-daemon ended with ${status}`),
  ]).then((why) => {
    throw missing(why);
  });
  failed.catch(() => {});
  try {
    while (!existsSync(socket)) await Promise.race([once(watcher, 'change'), failed]);
  } finally {
    watcher.close();
  }
  return bus;
}

function missing(why: string): Error {
  return new Error(`firewalld cannot be started; it needs the ${PACKAGES}: ${why}`);
}
