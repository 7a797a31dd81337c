// Lists the base chains of the network namespace that it is started in, and prints them, or the error's code, as JSON.
import { listBaseChains } from '../../../src/firewall/base-chains.ts';
import { FirewallError } from '../../../src/firewall/errors.ts';

const printed = await listBaseChains().catch((error: unknown) => {
  if (error instanceof FirewallError) return error.code;
  throw error;
});
process.stdout.write(JSON.stringify(printed));
