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
  const sandbox = await startSandbox(
    toOptions(JSON.parse(argument === '-' ? await text(process.stdin) : argument)),
  );
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

// The state is checked by the sandbox itself.
function toOptions(value: unknown): SandboxOptions {
  const options = toObject(value, 'the options');
  for (const name of Object.keys(options)) {
    if (!['host', 'ports', 'state'].includes(name)) throw new Error(`${name}: there is no such option`);
  }
  if (options.host !== undefined && typeof options.host !== 'string')
    throw new Error('host: must be a string');
  for (const [name, port] of Object.entries(toObject(options.ports ?? {}, 'ports'))) {
    if (!['imds', 'aws', 'admin'].includes(name)) throw new Error(`ports.${name}: there is no such option`);
    if (!Number.isInteger(port) || Number(port) < 0 || Number(port) > 65_535) {
      throw new Error(`ports.${name}: must be a port, or 0 for a free one`);
    }
  }
  return options;
}

function toObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${name} must be a JSON object`);
  }
  return value as Record<string, unknown>;
}
