// The clock against AWS's: signatures are refused when it is five minutes off.
import type { ClockReading } from '../observed-clock.ts';
import { type Check, type Finding, notRun, ok, problem, warning } from '../check.ts';

const WARN_ABOVE_MS = 60_000;
/** What SigV4 allows. */
const REFUSED_ABOVE_MS = 300_000;

const REMEDY = 'chronyc makestep, or: timedatectl set-ntp true; on EC2 the server is 169.254.169.123';

export const clock: Check = {
  id: 'clock',
  title: 'clock',
  place: 'aws',
  look: async ({ aws }) => judgeClock(await aws.clock()),
};

export function judgeClock(reading: ClockReading | null): Finding {
  if (reading === null) return notRun('no answer told the time');
  const { aheadMs, host } = reading;
  const off = Math.abs(aheadMs);
  if (off < 2_000) return ok(`within 2 s of ${host}`);
  const told = `${Math.round(off / 1000)} s ${aheadMs > 0 ? 'behind' : 'ahead of'} ${host}`;
  if (off > REFUSED_ABOVE_MS) {
    return problem(
      `${told}: AWS refuses what is signed with this clock (the agent corrects its own signatures, others do not)`,
      REMEDY,
    );
  }
  return off > WARN_ABOVE_MS ? warning(told, REMEDY) : ok(told);
}
