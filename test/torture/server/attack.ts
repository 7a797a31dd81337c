// An attack on a server that goes on serving: what every one of them has around it.
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '../../fixtures/programs.ts';
import { ServerProcess } from './server-process.ts';
import { CERTIFICATE, SteadyClient, type SteadyOptions } from './steady-client.ts';

/** What came of a row's attempts. */
export interface Attempts {
  readonly tries: number;
  /** What was promised and not kept, in words. */
  readonly broken: readonly string[];
  /** From the fault's end until all was as it should be; null where there is nothing to recover. */
  readonly recoveryMs: number | null;
}

export interface ServerRow {
  readonly name: string;
  /** How often it is tried, unless told. */
  readonly times: number;
  run(times: number): Promise<Attempts>;
}

export interface Target {
  readonly server: ServerProcess;
  readonly steady: SteadyClient;
  readonly directory: string;
}

export interface AttackOptions extends SteadyOptions {
  /** A command that becomes the server. */
  readonly wrapper?: readonly string[];
}

const TLS = ['--tls-cert', CERTIFICATE, '--tls-key', join(dirname(CERTIFICATE), 'api.key.pem')];

/** Gives back how often it tried, what broke, and how long recovery took where there was something to recover. */
export type Attack = (target: Target, times: number) => Promise<Attempts>;

/** A row whose attack meets a server of its own, with the steady client beside it from before until after. */
export function attack(name: string, times: number, work: Attack, options: AttackOptions = {}): ServerRow {
  return {
    name,
    times,
    async run(wanted) {
      const { path: directory, close } = temporaryDirectory();
      try {
        const { wrapper = [], isTls } = options;
        const server = await ServerProcess.start({ directory, wrapper, args: isTls ? TLS : [] });
        try {
          return await underAttack({ server, directory }, options, (target) => work(target, wanted));
        } finally {
          await server.end('SIGKILL');
        }
      } finally {
        close();
      }
    },
  };
}

async function underAttack(
  { server, directory }: Omit<Target, 'steady'>,
  options: AttackOptions,
  work: (target: Target) => Promise<Attempts>,
): Promise<Attempts> {
  const steady = await SteadyClient.start(server, options);
  const { tries, broken, recoveryMs } = await work({ server, steady, directory }).catch((error: Error) => {
    return { tries: 1, broken: [`the attack failed: ${error.message}`], recoveryMs: null };
  });
  await steady.more(2);
  const unserved = await steady.stop();
  const { status, complaints } = await server.end('SIGTERM');
  const ending = status === 0 ? [] : [`SIGTERM ended it with ${status}`];
  if (process.env.TORTURE_FIGURES !== undefined) {
    const megabytes = Math.round(steady.mostResidentBytes / 2 ** 20);
    process.stderr.write(
      `  ${steady.polls} polls, slowest ${steady.slowestMs} ms, at most ${megabytes} MB\n`,
    );
  }
  return { tries, broken: [...broken, ...unserved, ...complaints, ...ending], recoveryMs };
}
