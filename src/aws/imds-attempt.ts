// The metadata service within one attempt to learn something: a silent one costs one read's deadline, not one for each read.
import type { Imds, ImdsAnswer, ImdsFailure } from './imds.ts';

const notThere: readonly ImdsFailure[] = ['unreachable', 'timeout', 'refused'];

/** Reads through `imds` until it was silent, unreachable or refused once; from then on that is the answer to every read. */
export function untilSilent(imds: Imds): Imds {
  let silence: ImdsAnswer<never> | undefined;
  return {
    async read(path, signal) {
      if (silence !== undefined) return silence;
      const answer = await imds.read(path, signal);
      if (answer.kind === 'unknown' && notThere.includes(answer.cause)) silence = answer;
      return answer;
    },
    close: imds.close,
  };
}
