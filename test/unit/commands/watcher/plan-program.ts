// `plan` as a process of its own, so that the runtime can keep it from touching anything: see plan.test.ts.
import { PLAN } from '../../../../src/commands/watcher/plan.ts';
import { runSubcommand } from '../../../../src/commands/watcher/subcommand.ts';

try {
  const situation = { env: process.env, cwd: process.cwd(), version: '0' };
  process.exitCode = await runSubcommand(PLAN, process.argv.slice(2), situation);
} catch (error) {
  process.stderr.write(`${(error as Error).name}: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
