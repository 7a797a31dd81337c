import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Recollection, trustedCache } from '../../../../src/watcher/context/trusted-cache.ts';
import { Unresolved } from '../../../../src/watcher/context/unresolved.ts';

const CONTEXT = { instanceId: 'i-1', region: 'eu-west-1', group: 'g', discovery: {} };
const CACHED = { bootId: 'boot-1', context: CONTEXT };
const SELF = async () => ({ instanceId: 'i-1', region: 'eu-west-1' });
const OTHER = async () => ({ instanceId: 'i-2', region: 'eu-west-1' });
const SILENT = async (): Promise<never> => {
  throw new Error('silent');
};
const MUST_NOT_ASK = async (): Promise<never> => assert.fail('asked who this is');

const DISABLED = async (): Promise<never> => {
  throw new Unresolved('refused', 'disabled');
};

const OURS: Recollection = { kind: 'ours', context: CONTEXT };
const NONE: Recollection = { kind: 'none' };

const rows: [string, Partial<Parameters<typeof trustedCache>[0]>, Recollection][] = [
  ['nothing kept', { cached: null, identify: MUST_NOT_ASK }, NONE],
  ['same boot: ours without asking', { identify: MUST_NOT_ASK }, OURS],
  ['new boot of the same instance', { bootId: 'boot-2', identify: SELF }, OURS],
  ['an image of another instance', { bootId: 'boot-2', identify: OTHER }, NONE],
  [
    'new boot, nobody tells yet',
    { bootId: 'boot-2', identify: SILENT },
    { kind: 'unknown', message: 'silent' },
  ],
  [
    'new boot, nobody ever tells',
    { bootId: 'boot-2', identify: DISABLED },
    { kind: 'refused', message: 'disabled' },
  ],
  [
    'new boot, named in full by the operator',
    { bootId: 'boot-2', instanceId: 'i-1', region: 'eu-west-1', identify: MUST_NOT_ASK },
    OURS,
  ],
  ['new boot, named in part', { bootId: 'boot-2', instanceId: 'i-1', identify: OTHER }, NONE],
  ['--instance-id names another', { instanceId: 'i-9', identify: MUST_NOT_ASK }, NONE],
  ['--region names another', { region: 'us-east-1', identify: MUST_NOT_ASK }, NONE],
];
for (const [name, check, expected] of rows) {
  test(name, async () => {
    const recollection = await trustedCache({
      cached: CACHED,
      bootId: 'boot-1',
      instanceId: null,
      region: null,
      identify: SELF,
      ...check,
    });
    assert.deepEqual(recollection, expected);
  });
}
