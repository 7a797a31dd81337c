// What a release is dated by: the commit, not the moment of the build, so that two builds are alike.
import { execFileSync } from 'node:child_process';

/**
 * Seconds since the epoch: SOURCE_DATE_EPOCH of `env` (reproducible-builds.org), else the time of the last commit in `root`.
 * @throws Error when the variable is no such number, or there is neither it nor a commit
 */
export function releaseEpochSeconds(env: NodeJS.ProcessEnv, root: string): number {
  const given = env.SOURCE_DATE_EPOCH;
  if (given !== undefined) {
    if (!/^\d{1,11}$/.test(given))
      throw new Error(`SOURCE_DATE_EPOCH=${given}: must be whole seconds since the epoch`);
    return Number(given);
  }
  try {
    const told = execFileSync('git', ['-C', root, 'log', '-1', '--no-show-signature', '--format=%ct'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return Number(told);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const [why = 'git does not run'] = stderr.split('\n').filter((line) => line !== '');
    throw new Error(`no commit to date the release by (${why}): set SOURCE_DATE_EPOCH`, { cause: error });
  }
}
