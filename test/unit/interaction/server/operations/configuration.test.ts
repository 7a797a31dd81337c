// The whole configuration: what is listed, where each value is from, and documents merged into the table.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Dialect } from '../../../../../src/interaction/contract/instance-metadata.ts';
import { answerConfiguration } from '../../../../../src/interaction/server/operations/configuration.ts';
import { answerConfigurationKey } from '../../../../../src/interaction/server/operations/configuration-key.ts';
import { parseCatalogue, putCatalogueKeys } from '../../../../../src/interaction/server/records/catalogue.ts';
import type { Store } from '../../../../../src/interaction/server/store/store.ts';
import { type CallOptions, jsonOf, makeCall, openStore, told } from './make-call.ts';

const table = "DynamoDB configuration table 'CloneSquad-test-Configuration'";

async function openConfiguration(test: TestContext, values: Record<string, string> = {}): Promise<Store> {
  const store = await openStore(test);
  await putCatalogueKeys(
    store,
    parseCatalogue({
      'app.disable': { DefaultValue: 0, Description: 'Flag', Format: 'Bool', Stable: true },
      'config.active_parameter_set': { DefaultValue: '', Format: 'String', Stable: true },
      'config.default_ttl': { Value: 0 },
    }),
  );
  await store.configuration.write(Object.entries(values).map(([key, value]) => ({ key, value })));
  return store;
}

const dump = async (store: Store, options: CallOptions = {}) =>
  jsonOf(await answerConfiguration(makeCall(store, options))) as Record<string, Record<string, unknown>>;

describe('GET configuration', () => {
  it('is empty without a catalogue', async (test) => {
    const store = await openStore(test);
    await store.configuration.write([{ key: 'app.disable', value: '1' }]);
    assert.equal(told(await answerConfiguration(makeCall(store))), '200 {}');
    const query = { format: 'YAML' };
    assert.equal(told(await answerConfiguration(makeCall(store, { query }))), '200 {}\n');
  });

  const overrides: readonly [Dialect, object][] = [
    ['d0', {}],
    ['d1', {}],
    ['d2', { Override: false }],
  ];
  for (const [dialect, override] of overrides) {
    it(`shows the stable keys in ${dialect}`, async (test) => {
      const store = await openConfiguration(test, { 'app.disable': '1', mine: 'x' });
      assert.deepEqual(await dump(store, { dialect }), {
        'app.disable': {
          ConfigurationOrigin: table,
          DefaultValue: 0,
          Description: 'Flag',
          Format: 'Bool',
          Key: 'app.disable',
          ...override,
          Stable: true,
          Status: `Key found in '${table}'`,
          Value: '1',
        },
        'config.active_parameter_set': {
          ConfigurationOrigin: 'Built-in defaults',
          DefaultValue: '',
          Format: 'String',
          Key: 'config.active_parameter_set',
          ...override,
          Stable: true,
          Status: "Key found in 'Built-in defaults'",
          Value: '',
        },
      });
    });
  }

  it('shows unstable keys and those of the table alone when asked for', async (test) => {
    const store = await openConfiguration(test, {
      mine: 'x',
      '#comment': 'y',
      '[set]mine': 'z',
      '[odd': 'w',
    });
    const all = await dump(store, { query: { unstable: 'True' } });
    assert.deepEqual(Object.keys(all), [
      'app.disable',
      'config.active_parameter_set',
      'config.default_ttl',
      'mine',
    ]);
    assert.deepEqual(all['config.default_ttl'], {
      ConfigurationOrigin: 'Built-in defaults',
      Key: 'config.default_ttl',
      Override: false,
      Stable: false,
      Status: "Key found in 'Built-in defaults'",
      Value: 0,
    });
    assert.deepEqual(all.mine, {
      ConfigurationOrigin: table,
      Key: 'mine',
      Override: false,
      Stable: false,
      Status: `[WARNING] Key 'mine' doesn't exist as built-in default (Misconfiguration??) but Key found in '${table}'!`,
      Value: 'x',
    });
    // Names of parameters have a case.
    assert.equal('mine' in (await dump(store, { query: { Unstable: 'true' } })), false);
  });

  it('takes the active parameter set before the plain key', async (test) => {
    const store = await openConfiguration(test, {
      'app.disable': '1',
      'config.active_parameter_set': 'night',
      '[night]app.disable': '2',
      '[day]app.disable': '3',
    });
    const entry = (await dump(store))['app.disable'];
    assert.equal(entry?.Value, '2');
    assert.equal(entry?.Status, `Key found in '${table}' (ParameterSet='night')`);
    await store.configuration.write([{ key: 'config.active_parameter_set', value: 'none such' }]);
    assert.equal((await dump(store))['app.disable']?.Value, '1');
  });

  it('lets an override go before everything, in D2 only', async (test) => {
    const store = await openConfiguration(test, {
      'config.active_parameter_set': 'night',
      '[night]app.disable': '2',
      'override:app.disable': '9',
    });
    const latest = await dump(store);
    assert.equal(latest['app.disable']?.Value, '9');
    assert.equal(latest['app.disable']?.Override, true);
    assert.equal(latest['app.disable']?.Status, `Key found in '${table}'`);
    assert.equal(latest['override:app.disable']?.Override, true);
    assert.equal(latest['override:app.disable']?.Stable, true);
    const key = async (dialect: Dialect) =>
      told(await answerConfigurationKey(makeCall(store, { dialect, argument: 'app.disable' })));
    assert.equal(await key('d2'), '200 9');
    assert.equal(await key('d1'), '200 2');
    assert.equal('override:app.disable' in (await dump(store, { dialect: 'd1' })), false);
  });

  it('prints YAML in any case of the word', async (test) => {
    const store = await openConfiguration(test, { 'app.disable': '1' });
    const answer = told(
      await answerConfiguration(makeCall(store, { dialect: 'd0', query: { format: 'Yaml' } })),
    );
    assert.equal(
      answer,
      [
        '200 app.disable:',
        `  ConfigurationOrigin: DynamoDB configuration table 'CloneSquad-test-Configuration'`,
        '  DefaultValue: 0',
        '  Description: Flag',
        '  Format: Bool',
        '  Key: app.disable',
        '  Stable: true',
        `  Status: Key found in 'DynamoDB configuration table 'CloneSquad-test-Configuration''`,
        "  Value: '1'",
        'config.active_parameter_set:',
        '  ConfigurationOrigin: Built-in defaults',
        "  DefaultValue: ''",
        '  Format: String',
        '  Key: config.active_parameter_set',
        '  Stable: true',
        "  Status: Key found in 'Built-in defaults'",
        "  Value: ''",
        '',
      ].join('\n'),
    );
  });

  it('shows the table as it can be loaded again, from D1 on', async (test) => {
    const store = await openConfiguration(test, { 'b.key': '1', '[set]a.key': '2', '[set]c': '3' });
    const raw = { 'b.key': '1', set: { 'a.key': '2', c: '3' } };
    assert.deepEqual(await dump(store, { query: { raw: 'true' } }), raw);
    assert.deepEqual(await dump(store, { dialect: 'd1', query: { raw: 'TRUE' } }), raw);
    assert.ok('app.disable' in (await dump(store, { dialect: 'd0', query: { raw: 'true' } })));
  });
});
