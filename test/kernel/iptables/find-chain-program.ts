// Looks for a chain in the network namespace that it is started in, and prints what it found as JSON.
import { findIptablesChain } from '../../../src/firewall/iptables.ts';

process.stdout.write(JSON.stringify(await findIptablesChain(process.argv[2]!)));
