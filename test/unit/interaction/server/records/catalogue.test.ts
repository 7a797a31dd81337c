// The catalogue of configuration keys: what operators can enter, and what is kept of it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  parseCatalogue,
  putCatalogueKeys,
  readCatalogue,
  removeCatalogueKeys,
  renderCatalogue,
} from '../../../../../src/interaction/server/records/catalogue.ts';
import { RecordError } from '../../../../../src/interaction/server/records/record-error.ts';
import { StoreError } from '../../../../../src/interaction/server/store/store.ts';
import { openStore } from '../operations/make-call.ts';

describe('parseCatalogue', () => {
  it('reads definitions and the answer of a running deployment', () => {
    const origin = "DynamoDB configuration table 'CloneSquad-test-Configuration'";
    const keys = parseCatalogue({
      'a.value': { Value: 5 },
      'b.defined': { DefaultValue: '', Format: 'String', Description: 'B', Stable: true, Since: 'v0.15' },
      'c.answered': {
        Key: 'c.answered',
        Value: 7,
        ConfigurationOrigin: 'Built-in defaults',
        Status: 'Key found',
        Stable: false,
        Override: false,
      },
      'd.changed': {
        Key: 'd.changed',
        Value: '8',
        ConfigurationOrigin: origin,
        Status: 'Key found',
        Stable: false,
      },
      'e.mine': {
        Key: 'e.mine',
        Value: '9',
        ConfigurationOrigin: origin,
        Status: "[WARNING] Key 'e.mine' ...",
        Stable: false,
      },
    });
    assert.deepEqual(keys, [
      { key: 'a.value', stable: false, defaultValue: 5, metadata: {} },
      {
        key: 'b.defined',
        stable: true,
        defaultValue: '',
        metadata: { DefaultValue: '', Format: 'String', Description: 'B', Since: 'v0.15' },
      },
      { key: 'c.answered', stable: false, defaultValue: 7, metadata: {} },
      // Of what the table hides, the default is not known.
      { key: 'd.changed', stable: false, defaultValue: null, metadata: {} },
    ]);
    assert.deepEqual(parseCatalogue(renderCatalogue(keys)), keys);
  });

  const refused: readonly [document: Record<string, unknown>, message: string][] = [
    [{ '': 1 }, '"": not a configuration key'],
    [{ '#note': 1 }, '"#note": not a configuration key'],
    [{ '[set]a': 1 }, '"[set]a": not a configuration key'],
    [{ 'a\nb': 1 }, '"a\\nb": not a configuration key'],
    [{ ['k'.repeat(2039)]: 1 }, `"${'k'.repeat(80)}": not a configuration key`],
    [{ a: { Value: [1] } }, 'a: expected a value that is no list or object'],
    [{ a: { DefaultValue: {} } }, 'a: expected a value that is no list or object'],
    [{ a: { Key: 'b', Value: 1 } }, 'a.Key: expected the same key'],
    [{ a: { Stable: 'yes' } }, 'a.Stable: expected true or false'],
    [{ a: { Format: 1 } }, 'a.Format: expected a string'],
    [{ a: { Description: null } }, 'a.Description: expected a string'],
    [{ a: { Since: new Date(0) } }, 'a.Since: expected a value that JSON can hold as it is'],
    [{ a: Number.NaN }, 'a: expected a value that JSON can hold as it is'],
  ];
  for (const value of ['5', 5, null, [1], {}, { inner: '5' }]) {
    it(`refuses ${JSON.stringify(value)}, which is a value of the table`, () => {
      assert.throws(() => parseCatalogue({ a: value }), {
        name: 'RecordError',
        message: /^a: no definition of a key, .* "cs-interact config dump --unstable --raw"$/,
      });
    });
  }

  for (const [document, message] of refused) {
    it(`refuses: ${message.slice(0, 60)}`, () => {
      assert.throws(
        () => parseCatalogue(document),
        (error: Error) => error instanceof RecordError && error.message === message,
      );
    });
  }
});

describe('the catalogue in the store', () => {
  const [a, b, c] = parseCatalogue({
    a: { Value: 1 },
    b: { DefaultValue: 'x', Stable: true },
    c: { Value: 'é' },
  });

  it('is entered, replaced and removed key by key, and as a whole', async (test) => {
    const store = await openStore(test);
    await store.inventory.write([{ key: 'instance:i-0ab', value: '{}' }]);
    assert.deepEqual(await readCatalogue(store), []);
    await putCatalogueKeys(store, [c!, a!]);
    await putCatalogueKeys(store, [{ ...a!, defaultValue: 2 }, b!]);
    assert.deepEqual(await readCatalogue(store), [{ ...a!, defaultValue: 2 }, b, c]);
    await removeCatalogueKeys(store, ['b', 'none']);
    assert.deepEqual(await readCatalogue(store), [{ ...a!, defaultValue: 2 }, c]);
    await removeCatalogueKeys(store, ['a', 'c']);
    assert.deepEqual(await readCatalogue(store), []);
    assert.equal((await store.inventory.items()).length, 1);
  });

  it('names the item that somebody else wrote', async (test) => {
    const store = await openStore(test);
    for (const value of ['nonsense', '{}', '{"b":1}']) {
      await store.inventory.write([{ key: 'catalogue:a', value }]);
      await assert.rejects(
        readCatalogue(store),
        (error: Error) => error instanceof StoreError && /^item catalogue:a: /.test(error.message),
      );
    }
  });
});
