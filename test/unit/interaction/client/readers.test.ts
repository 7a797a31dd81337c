// The answers that come in more than one form, and the empty ones.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnyCall, ApiOperationId } from '../../../../src/interaction/client/call.ts';
import { readers } from '../../../../src/interaction/client/readers.ts';
import { WireFieldError } from '../../../../src/interaction/contract/wire-fields.ts';

const entry = { Key: 'a', Value: 1.5, ConfigurationOrigin: 'Built-in defaults', Status: 'ok', Stable: true };
const yamlEntry =
  'a:\n  ConfigurationOrigin: Built-in defaults\n  Key: a\n  Stable: true\n  Status: ok\n  Value: 1.5\n';

describe('a configuration', () => {
  const cases: readonly [what: string, text: string, call: AnyCall, expected: object][] = [
    ['is of entries', JSON.stringify({ a: entry }), {}, { kind: 'entries', values: [1.5] }],
    ['is of entries in YAML', yamlEntry, { query: { format: 'YAML' } }, { kind: 'entries', values: [1.5] }],
    [
      'is of entries in D0, which knows no raw',
      JSON.stringify({ a: entry }),
      { query: { raw: 'true' } },
      { kind: 'entries', values: [1.5] },
    ],
    ['is without entries', '{}', {}, { kind: 'entries', values: [] }],
    [
      'is a table',
      '{"a":"1","set":{"b":"2"}}',
      { query: { raw: 'true' } },
      { kind: 'table', table: { a: '1', set: { b: '2' } } },
    ],
    [
      'is a table in YAML',
      "a: '1'\n",
      { query: { raw: 'true', format: 'yaml' } },
      { kind: 'table', table: { a: '1' } },
    ],
    ['is an empty table', '{}', { query: { raw: 'True' } }, { kind: 'table', table: {} }],
  ];
  for (const [what, text, call, expected] of cases) {
    it(what, async () => {
      const dump = await readers.configuration(text, call);
      const seen =
        dump.kind === 'entries' ? { kind: dump.kind, values: dump.entries.map(({ value }) => value) } : dump;
      assert.deepEqual(seen, expected);
    });
  }
});

describe('the documented empty answers', () => {
  const cases: readonly [ApiOperationId, string, unknown][] = [
    ['listing', '', []],
    ['allMetadatas', '{}', []],
    ['fleetMetadata', '[]', []],
    ['scheduler', '{}', {}],
    ['schedulerKey', '', ''],
    ['sentMetrics', '[]', []],
    ['metricCache', '[]', []],
    ['controlInstances', '{}', []],
    ['ackEvent', '{}', null],
    ['discovery', '{"discovery":{},"identity":{}}', { discovery: {}, identity: {} }],
  ];
  for (const [id, text, expected] of cases) {
    it(`${id}: ${text}`, async () => assert.deepEqual(await readers[id](text, {}), expected));
  }
});

it('the listing is one name a line', () => {
  assert.deepEqual(readers.listing('backup\nmetadata', {}), ['backup', 'metadata']);
});

it('nothing else than the contract promises is read', async () => {
  const json: readonly ApiOperationId[] = [
    'metadata',
    'allMetadatas',
    'fleetMetadata',
    'fleetStatus',
    'discovery',
    'configuration',
    'scheduler',
    'sentMetrics',
    'metricCache',
    'controlInstances',
    'ackEvent',
  ];
  for (const id of json) {
    for (const text of ['', 'null', '7', '"x"', '[7]', '{"a":7}', '<html>']) {
      if (id === 'ackEvent' && text.startsWith('{')) continue;
      await assert.rejects(async () => readers[id](text, {}), WireFieldError, `${id} ${text}`);
    }
  }
  for (const text of ['[', '- a', '7']) {
    await assert.rejects(async () => readers.scheduler(text, { query: { format: 'yaml' } }), WireFieldError);
  }
});
