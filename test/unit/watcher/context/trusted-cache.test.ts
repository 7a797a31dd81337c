import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trustedCache } from '../../../../src/watcher/context/trusted-cache.ts';

const CONTEXT = { instanceId: 'i-1', region: 'eu-west-1', group: 'g', discovery: {} };
const CACHED = { bootId: 'boot-1', context: CONTEXT };
const SELF = async () => ({ instanceId: 'i-1', region: 'eu-west-1' });
const OTHER = async () => ({ instanceId: 'i-2', region: 'eu-west-1' });
const SILENT = async (): Promise<never> => {
  throw new Error('silent');
};
const MUST_NOT_ASK = async (): Promise<never> => assert.fail('asked who this is');

const rows: [string, Partial<Parameters<typeof trustedCache>[0]>, boolean][] = [
  ['nothing kept', { cached: null, identify: MUST_NOT_ASK }, false],
  ['same boot: ours without asking', { identify: MUST_NOT_ASK }, true],
  ['new boot of the same instance', { bootId: 'boot-2', identify: SELF }, true],
  ['an image of another instance', { bootId: 'boot-2', identify: OTHER }, false],
  ['new boot, nobody tells who this is', { bootId: 'boot-2', identify: SILENT }, false],
  ['--instance-id names another', { instanceId: 'i-9', identify: MUST_NOT_ASK }, false],
  ['--region names another', { region: 'us-east-1', identify: MUST_NOT_ASK }, false],
];
for (const [name, check, trusted] of rows) {
  test(name, async () => {
    const context = await trustedCache({
      cached: CACHED,
      bootId: 'boot-1',
      instanceId: null,
      region: null,
      identify: SELF,
      ...check,
    });
    assert.deepEqual(context, trusted ? CONTEXT : null);
  });
}
