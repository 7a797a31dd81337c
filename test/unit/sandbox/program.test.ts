// scripts/sandbox.ts as the demo runs it: a process of its own, scripted over HTTP.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../scripts/sandbox.ts', import.meta.url));

function run(argument: string, input = ''): ChildProcess {
  const child = spawn(process.execPath, [script, argument], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin?.end(input);
  return child;
}

for (const [how, argument, input] of [
  ['its argument', '{"state":{"instance":{"region":"us-west-2"}}}', ''],
  ['standard input', '-', '{"state":{"instance":{"region":"us-west-2"}}}'],
] as const) {
  test(`takes options from ${how}, prints its addresses, ends on SIGTERM`, async () => {
    const child = run(argument, input);
    try {
      const [line] = await once(createInterface({ input: child.stdout! }), 'line', {
        signal: AbortSignal.timeout(20_000),
      });
      const { imdsUrl, awsUrl, adminUrl, environment } = JSON.parse(String(line));
      assert.deepEqual(environment, { AWS_EC2_METADATA_SERVICE_ENDPOINT: imdsUrl, AWS_ENDPOINT_URL: awsUrl });
      const state = await (await fetch(`${adminUrl}/sandbox/state`)).json();
      assert.equal((state as { instance: { region: string } }).instance.region, 'us-west-2');
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
      assert.equal(code, 0);
    } finally {
      child.kill('SIGKILL');
    }
  });
}

for (const [argument, message] of [
  ['{', /^sandbox: .*JSON/],
  ['[]', /^sandbox: the options must be a JSON object/],
  ['{"stat":{}}', /^sandbox: stat: there is no such option/],
  ['{"state":{"instance":{"regio":"x"}}}', /^sandbox: instance\.regio: there is no such setting/],
  ['{"ports":{"imds":"x"}}', /^sandbox: ports\.imds: must be a port/],
] as const) {
  test(`${argument} is refused in one line`, async () => {
    const child = run(argument);
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
    assert.match(await text(child.stderr!), message);
    assert.equal((await exit)[0], 2);
  });
}
