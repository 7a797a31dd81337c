// Spot events count for a while only, as CloneSquad keeps them: an interruption is over when the instance is.
import type { SpotDetails } from '../../contract/instance-metadata.ts';
import { parseTimestamp, pythonTimestamp } from '../../contract/timestamps.ts';
import type { FleetInstance } from './fleet-instance.ts';

const interruptionLastsMs = 10 * 60_000;
const rebalanceLastsMs = 20 * 60_000;

/** The Spot events of an instance that still count; null for one that is not Spot. */
export function currentSpotEvents(instance: FleetInstance, nowMs: number): SpotDetails | null {
  if (!instance.spot) return null;
  return {
    interruptedAt: current(instance.spotInterruptedAt, interruptionLastsMs, nowMs),
    rebalanceRecommendedAt: current(instance.spotRebalanceRecommendedAt, rebalanceLastsMs, nowMs),
  };
}

function current(time: string | null, lastsMs: number, nowMs: number): string | null {
  const atMs = time === null ? null : parseTimestamp(time);
  return time === null || atMs === null || nowMs - atMs > lastsMs ? null : printTime(time);
}

/**
 * A time in the form the API prints, or null when it is none. What has that form already stays as it is: CloneSquad's
 * times have microseconds.
 */
export function printTime(time: string): string | null {
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/.test(time)) return time;
  const atMs = parseTimestamp(time);
  return atMs === null ? null : pythonTimestamp(atMs);
}
