// The real HAProxy with a shipped configuration and a socket to see what it makes of its servers.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text as read } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { Namespace } from '../../fixtures/netns.ts';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { configuration, exitOf, untilServing } from './balancer-process.ts';

export interface ServerStatistics {
  /** `UP`, `DOWN`, `DRAIN`, `MAINT` and variations. */
  readonly status: string;
  /** Requests given to another server, as this one refused the connection. */
  readonly redispatched: number;
}

export interface ServerAsked {
  /** 0, or the bits of `ADMINISTRATIVE`. */
  readonly administrative: number;
}

export const ADMINISTRATIVE = { maint: 1, drain: 8 } as const;

export class Haproxy {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Runs until the test ends. */
  static async start(test: Pick<TestContext, 'after'>, namespace: Namespace, file: string): Promise<Haproxy> {
    const directory = temporaryDirectory('/run');
    const socket = join(directory.path, 'admin.sock');
    const global = join(directory.path, 'global.cfg');
    writeFileSync(global, `global\n    stats socket ${socket} mode 600 level admin\n    nbthread 2\n`);
    const child = namespace.spawn('haproxy', ['-db', '-q', '-f', global, '-f', configuration(file)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(child, 'close');
    test.after(async () => {
      child.kill('SIGKILL');
      await closed;
      directory.close();
    });
    await untilServing(namespace, exitOf(child));
    return new Haproxy(socket);
  }

  /** What it makes of a server of the backend `app`. */
  async server(name: string): Promise<ServerStatistics> {
    const [titles = '', ...rows] = (await this.command('show stat')).split('\n');
    const row = rows
      .map((line) => line.split(','))
      .find((fields) => fields[0] === 'app' && fields[1] === name);
    const field = fieldOf(titles.split(','), row);
    return {
      status: field('status'),
      redispatched: Number(field('wredis')),
    };
  }

  /** What was asked of a server: by operators on this socket, and by the agent-check. */
  async asked(name: string): Promise<ServerAsked> {
    const [, titles = '', ...rows] = (await this.command('show servers state app')).split('\n');
    const row = rows.map((line) => line.split(' ')).find((fields) => fields[3] === name);
    const field = fieldOf(titles.split(' ').slice(1), row);
    return { administrative: Number(field('srv_admin_state')) };
  }

  /** Waits until a server is as wanted; fails after ten seconds. */
  async until(
    name: string,
    wanted: (server: ServerStatistics & { asked: ServerAsked }) => boolean,
  ): Promise<void> {
    const endsAt = performance.now() + 10_000;
    for (;;) {
      const server = { ...(await this.server(name)), asked: await this.asked(name) };
      if (wanted(server)) return;
      if (performance.now() > endsAt) throw new Error(`server ${name} stayed ${JSON.stringify(server)}`);
    }
  }

  /** A command of the operator's socket. */
  command(text: string): Promise<string> {
    const connection = connect(this.#socket);
    connection.end(`${text}\n`);
    return read(connection);
  }
}

function fieldOf(titles: readonly string[], row: readonly string[] | undefined): (title: string) => string {
  return (title) => row?.[titles.indexOf(title)] ?? '';
}
