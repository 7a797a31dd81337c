// The configuration's dump, read into the model and written from it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ConfigurationEntry,
  parseConfiguration,
  renderConfigurationEntry,
} from '../../../../src/interaction/contract/configuration-entry.ts';
import { PythonFloat, pythonJson } from '../../../../src/interaction/contract/python-json.ts';

const d1 = {
  Key: 'app.disable',
  Value: '0',
  ConfigurationOrigin: 'Built-in defaults',
  Status: 'Key found',
  Stable: true,
};
const full = {
  ...d1,
  Override: false,
  DefaultValue: [1],
  Format: 'Bool',
  Description: 'text',
  New: { a: 1 },
};

const model: ConfigurationEntry = {
  key: 'app.disable',
  value: '0',
  origin: 'Built-in defaults',
  status: 'Key found',
  stable: true,
  override: null,
  extra: {},
};
const fullModel: ConfigurationEntry = {
  ...model,
  override: false,
  defaultValue: [1],
  format: 'Bool',
  description: 'text',
  extra: { New: { a: 1 } },
};

describe('parseConfiguration', () => {
  const read: [string, unknown, readonly ConfigurationEntry[]][] = [
    ['nothing', {}, []],
    ['D0 and D1', { 'app.disable': d1 }, [model]],
    ['D2 with all there is', { 'app.disable': full }, [fullModel]],
    ['a null default', { 'app.disable': { ...d1, DefaultValue: null } }, [{ ...model, defaultValue: null }]],
    ['no Key', { x: { ...d1, Key: undefined } }, [{ ...model, key: 'x' }]],
    ...[1, 1.5, true, null, ''].map((Value): [string, unknown, ConfigurationEntry[]] => [
      `the value ${JSON.stringify(Value)}`,
      { 'app.disable': { ...d1, Value } },
      [{ ...model, value: Value }],
    ]),
  ];
  for (const [name, body, entries] of read) {
    it(`reads ${name}`, () => assert.deepEqual(parseConfiguration(body), entries));
  }

  const refused: [unknown, string][] = [
    [[], 'answer: expected an object, got an array'],
    [{ a: 'x' }, 'a: expected an object, got a string'],
    [{ a: { ...d1, Value: [] } }, 'a.Value: expected a string, number, boolean or null, got an array'],
    [
      { a: { ...d1, Value: undefined } },
      'a.Value: expected a string, number, boolean or null, but it is missing',
    ],
    [{ a: { ...d1, Stable: 'yes' } }, 'a.Stable: expected a boolean, got a string'],
    [{ a: { ...d1, Override: 1 } }, 'a.Override: expected a boolean, got a number'],
    [{ a: { ...d1, Format: 1 } }, 'a.Format: expected a string, got a number'],
  ];
  for (const [body, message] of refused) {
    it(`refuses: ${message}`, () =>
      assert.throws(() => parseConfiguration(body), { name: 'WireFieldError', message }));
  }
});

describe('renderConfigurationEntry', () => {
  it('says in D2 whether a key is overridden', () => {
    assert.deepEqual(renderConfigurationEntry(fullModel, 'd2'), full);
    assert.deepEqual(renderConfigurationEntry(model, 'd2'), { ...d1, Override: false });
  });

  for (const dialect of ['d0', 'd1'] as const) {
    it(`does not in ${dialect}`, () => {
      const { Override: _, ...rest } = full;
      assert.deepEqual(renderConfigurationEntry(fullModel, dialect), rest);
      assert.deepEqual(renderConfigurationEntry(model, dialect), d1);
    });
  }

  it('prints a float as one', () => {
    const entry = { ...model, value: new PythonFloat(17) };
    assert.match(pythonJson(renderConfigurationEntry(entry, 'd1')), /"Value": 17\.0\n/);
  });
});
