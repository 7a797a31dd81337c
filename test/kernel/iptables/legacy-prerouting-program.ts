// Lists the legacy tables with rules at prerouting in the network namespace that it is started in, and prints them as JSON.
import { listLegacyPrerouting } from '../../../src/firewall/iptables.ts';

process.stdout.write(JSON.stringify(await listLegacyPrerouting()));
