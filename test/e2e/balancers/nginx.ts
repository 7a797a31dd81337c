// The real nginx with a shipped configuration inside the smallest main file there is, and its own account of every request.
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Namespace } from '../../fixtures/netns.ts';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { configuration, exitOf, untilServing } from './balancer-process.ts';

export class Nginx {
  readonly #log: string;

  private constructor(log: string) {
    this.#log = log;
  }

  /** Runs, with two workers, until the test ends. */
  static async start(test: Pick<TestContext, 'after'>, namespace: Namespace, file: string): Promise<Nginx> {
    const directory = temporaryDirectory('/run');
    const path = (name: string): string => join(directory.path, name);
    mkdirSync(path('temporary'));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${path('temporary')}/${kind};`,
    );
    const main = `daemon off; user root; worker_processes 2; pid ${path('pid')}; error_log stderr crit;
events {}
http {
  log_format upstream '$status $upstream_addr';
  access_log ${path('access.log')} upstream;
  ${temporary.join(' ')}
  include ${configuration(file)};
}`;
    writeFileSync(path('nginx.conf'), main);
    const child = namespace.spawn('nginx', ['-e', 'stderr', '-c', path('nginx.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(child, 'close');
    test.after(async () => {
      // Its workers end with it; SIGKILL would leave them.
      child.kill('SIGTERM');
      await closed;
      directory.close();
    });
    await untilServing(namespace, exitOf(child));
    return new Nginx(path('access.log'));
  }

  /** Requests that were given to a second server, as the first had failed them. */
  triedAgain(): number {
    const lines = readFileSync(this.#log, 'utf8').split('\n');
    return lines.filter((line) => line.includes(', ')).length;
  }
}
