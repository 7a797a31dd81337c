// Applies and removes as often as it is told and prints what that cost the process; see process.test.ts.
import { readdirSync } from 'node:fs';
import { openFirewall } from '../../../src/firewall/native-firewall.ts';

const ignore = () => {};
const fail = (error: Error) => {
  throw error;
};

const cycles = Number(process.argv[2]);
const firewall = openFirewall({ ownership: 'auto' });
const ruleset = {
  ports: [
    { first: 80, last: 80 },
    { first: 8000, last: 8100 },
  ],
  allowFrom: ['10.0.0.0/8', 'fd00::/8'],
  includeLoopback: false,
  closing: false,
};

async function cycle(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const monitor = i % 50 === 0 ? firewall.monitor(ignore, fail) : null;
    await firewall.apply(ruleset);
    await firewall.remove();
    await firewall.apply({ ...ruleset, ports: [] }).catch(() => {});
    monitor?.close();
  }
}

interface Reading {
  readonly residentMb: number;
  readonly descriptors: number;
}

function measure(): Reading {
  globalThis.gc!();
  return {
    residentMb: process.memoryUsage.rss() / 2 ** 20,
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

// The heap and the allocator's pools find their size first. Then two equal rounds: what leaks grows in both of them, while
// the steps in which V8's heap grows fall into one or the other.
await cycle(Math.ceil(cycles / 10));
const readings = [measure()];
for (let round = 0; round < 2; round++) {
  await cycle(cycles / 2);
  readings.push(measure());
}
const [before, half, after] = readings as [Reading, Reading, Reading];
process.stdout.write(
  JSON.stringify({
    growthMb: [half.residentMb - before.residentMb, after.residentMb - half.residentMb],
    descriptors: [before.descriptors, after.descriptors],
  }),
);
