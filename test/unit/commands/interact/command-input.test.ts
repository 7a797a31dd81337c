// Standard input, when it ends and when it does not.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { it } from 'node:test';
import { createCommandInput } from '../../../../src/commands/interact/command-input.ts';

function inputOf(stream: PassThrough, signal: AbortSignal) {
  return createCommandInput(stream as unknown as NodeJS.ReadStream, process.stderr, signal);
}

it('is read to its end, characters in two pieces included', async () => {
  const stream = new PassThrough();
  const text = inputOf(stream, new AbortController().signal).read();
  const bytes = Buffer.from('a: é\n');
  stream.write(bytes.subarray(0, 4));
  stream.end(bytes.subarray(4));
  assert.equal(await text, 'a: é\n');
});

it('is given up when the process is to end', async () => {
  const stream = new PassThrough();
  const ending = new AbortController();
  const text = inputOf(stream, ending.signal).read();
  stream.write('a: ');
  ending.abort();
  await assert.rejects(text, { name: 'CommandFailure', message: 'standard input: given up before its end' });
});
