// The agent as a guest's systemd runs it, and the Interaction API that it asks.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { CLIENT } from '../e2e/packets/network.ts';
import { LogLines } from '../fixtures/log-lines.ts';
import {
  type ApiProcess,
  INSTANCE_ID,
  KEY,
  REGION,
  startApi,
  temporaryDirectory,
} from '../fixtures/programs.ts';
import type { Outcome } from './container.ts';
import { Guest, type GuestOptions } from './guest.ts';
import { PACKAGE, thisRelease } from './packages.ts';
import { DRAINED, Ports } from './ports.ts';
import { untilTrue } from './until.ts';

export const UNIT = 'cs-instance-watcher.service';
export const DROP_INS = `/etc/systemd/system/${UNIT}.d`;
export const CONFIG = '/etc/cs-instance-watcher.json';

export const MODES = ['auto', 'plain'] as const;
export type Mode = (typeof MODES)[number];

const API_LISTENS = `${CLIENT.v4}:9000`;

export interface ServiceOptions extends GuestOptions {
  readonly ownership?: Mode;
  /** Seconds between polls. */
  readonly period?: number;
  /** The drained ports in the configuration file; null leaves them out of it. */
  readonly ports?: readonly (number | string)[] | null;
}

export class Service {
  readonly guest: Guest;
  readonly ports: Ports;
  readonly #apiDirectory: string;
  #api: ApiProcess | null = null;

  private constructor(guest: Guest, apiDirectory: string) {
    this.guest = guest;
    this.ports = new Ports(guest);
    this.#apiDirectory = apiDirectory;
  }

  /** A guest that is off, with the configuration file and the keys of an agent that is yet to be installed. */
  static async create(test: Pick<TestContext, 'after'>, options: ServiceOptions = {}): Promise<Service> {
    const directory = temporaryDirectory('/run');
    const readOnly = { [PACKAGE]: thisRelease().directory, ...options.readOnly };
    const guest = await Guest.create(test, { readOnly });
    const service = new Service(guest, directory.path);
    test.after(async () => {
      await service.stopApi();
      directory.close();
    });
    service.write(CONFIG, `${JSON.stringify(configuration(options), null, 2)}\n`);
    const environment = { ...KEY, AWS_EC2_METADATA_DISABLED: 'true' };
    const lines = Object.entries(environment).map(([name, value]) => `Environment=${name}=${value}\n`);
    service.write(`${DROP_INS}/test.conf`, `[Service]\n${lines.join('')}`);
    return service;
  }

  /** A guest into which install.sh has put this version before its first boot; the agent runs, with the API at hand. */
  static async started(test: Pick<TestContext, 'after'>, options: ServiceOptions = {}): Promise<Service> {
    const service = await Service.create(test, options);
    service.install();
    await service.guest.boot();
    await service.startApi();
    await service.statusBecomes(/^running$/);
    return service;
  }

  /** Installs this version, and enables it, while the guest is off. */
  install(): void {
    const installer = join(thisRelease().directory, 'tree-x64/install.sh');
    execFileSync('sh', [installer, '--root', this.guest.root, '--enable'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  /** Writes a file of the guest's. */
  write(inside: string, content: string): void {
    const path = this.guest.path(inside);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  /** Starts the API in the client's namespace, where it left off before. */
  async startApi(): Promise<void> {
    const namespace = this.guest.network.client.namespace;
    this.#api = await startApi({ namespace, directory: this.#apiDirectory, listen: API_LISTENS });
  }

  async stopApi(): Promise<void> {
    await this.#api?.kill();
    this.#api = null;
  }

  /** What the API says of the instance from now on. */
  async setState(state: string): Promise<void> {
    assert.ok(this.#api !== null, 'the API was started');
    await this.#api.setState(state);
  }

  /** The API says draining: waits until the ports are closed. */
  async drain(): Promise<void> {
    await this.setState('draining');
    await untilTrue('the agent refuses', () => this.ports.isClosed());
    await this.ports.expectClosed();
  }

  /** The API says running: waits until the ports are open. */
  async undrain(): Promise<void> {
    await this.setState('running');
    await untilTrue('the agent accepts', async () => !(await this.ports.isClosed()));
    await this.ports.expectOpen();
  }

  /** Properties of the unit, as systemd shows them. */
  async show<Name extends string>(...names: readonly Name[]): Promise<Record<Name, string>> {
    const text = await this.guest.run('systemctl', [
      'show',
      UNIT,
      ...names.map((name) => `--property=${name}`),
    ]);
    const pairs = text
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s) as [Name, string]);
    return Object.fromEntries(pairs) as Record<Name, string>;
  }

  /** Waits until systemd has started it anew, for the first time, and it is ready. */
  async restartedByItself(deadlineMs?: number): Promise<void> {
    const isReady = async () => {
      const { NRestarts, ActiveState } = await this.show('NRestarts', 'ActiveState');
      return NRestarts === '1' && ActiveState === 'active';
    };
    await untilTrue('it has been started anew', isReady, deadlineMs);
  }

  /** How long there was no agent that was ready, the last time it was restarted. */
  async lastWindowMs(): Promise<number> {
    const { ActiveExitTimestampMonotonic: left, ActiveEnterTimestampMonotonic: back } = await this.show(
      'ActiveExitTimestampMonotonic',
      'ActiveEnterTimestampMonotonic',
    );
    return (Number(back) - Number(left)) / 1_000;
  }

  /** Waits until STATUS is as wanted. */
  async statusBecomes(wanted: RegExp, deadlineMs?: number): Promise<void> {
    let last = '';
    const isWanted = async () => {
      last = (await this.show('StatusText')).StatusText;
      return wanted.test(last);
    };
    await untilTrue(`STATUS matches ${wanted}`, isWanted, deadlineMs).catch((error: Error) => {
      throw new Error(`${error.message}; it was: ${last}`);
    });
  }

  /** Its journal since the boot, and on. */
  journal(): LogLines {
    const args = ['--boot', '--unit', UNIT, '--output=cat', '--lines=all', '--follow'];
    return new LogLines(this.guest.spawn('journalctl', args).stdout!);
  }

  /** The agent's program, run by the person logged in, who finds it by its name. */
  program(...args: readonly string[]): Promise<Outcome> {
    return this.guest.try('cs-instance-watcher', args);
  }

  /** The version of the agent that runs. */
  async version(): Promise<string> {
    const { stdout } = await this.program('status', '--json');
    const { agent, program } = JSON.parse(stdout) as { agent: string; program: string };
    assert.equal(agent, 'running');
    return program.replace('cs-instance-watcher ', '');
  }

  /**
   * Everything on the disk, in /run and in /tmp that has a name of ours or leads to one, without what is inside of it; of these
   * the test's own drop-in is no part.
   */
  async leftovers(): Promise<string[]> {
    const find = `find / /run /tmp -xdev \\( -path /run/systemd -o -path /srv \\) -prune -o`;
    const ours = "\\( -name '*cs-in*' -o -lname '*cs-in*' \\)";
    const paths = (await this.guest.shell(`${find} ${ours} -print -prune`)).trim().split('\n');
    return paths.filter((path) => path !== DROP_INS).sort();
  }

  /** The table as nft lists it, null when there is none. */
  async table(): Promise<string | null> {
    const { status, stdout } = await this.guest.try('nft', ['list', 'table', 'inet', 'cs-instance-watcher']);
    return status === 0 ? stdout : null;
  }
}

function configuration({ ownership = 'auto', period = 1, ports = DRAINED }: ServiceOptions): object {
  return {
    api_url: `http://${API_LISTENS}/v1/`,
    instance_id: INSTANCE_ID,
    region: REGION,
    api_polling_period: period,
    ...(ports !== null && { on_draining_block_new_connections_to_ports: ports }),
    table_ownership: ownership,
  };
}
