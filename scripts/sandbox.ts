// Runs the sandbox on its own, for the demo and for black-box tests.
//
//   node scripts/sandbox.ts ['{"state": {...}, "ports": {...}}']     options as JSON in the argument, or `-` for stdin
//
// Prints one JSON line with the listening addresses once it listens, and ends on SIGINT or SIGTERM.
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type SandboxOptions, startSandbox } from '../src/sandbox/sandbox.ts';

const [argument = '{}'] = process.argv.slice(2);
try {
  const options: unknown = JSON.parse(argument === '-' ? await text(process.stdin) : argument);
  if (typeof options !== 'object' || options === null) throw new Error('the options must be a JSON object');
  const sandbox = await startSandbox(options as SandboxOptions);
  const { imdsUrl, awsUrl, adminUrl } = sandbox;
  process.stdout.write(
    `${JSON.stringify({ imdsUrl, awsUrl, adminUrl, environment: sandbox.environment() })}\n`,
  );
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await sandbox.close();
} catch (error) {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
