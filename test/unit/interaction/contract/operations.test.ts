// The table of operations, as lookups and listings see it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dialects } from '../../../../src/interaction/contract/dialects.ts';
import type { Dialect } from '../../../../src/interaction/contract/instance-metadata.ts';
import {
  type FoundOperation,
  findOperation,
  listedOperationNames,
  type Operation,
  operationPath,
  operations,
} from '../../../../src/interaction/contract/operations.ts';
import { listings } from '../../../fixtures/operation-listings.ts';

describe('listedOperationNames', () => {
  for (const dialect of dialects) {
    it(`lists ${listings[dialect].length} in ${dialect}`, () =>
      assert.deepEqual(listedOperationNames(dialect), listings[dialect]));
  }
});

describe('findOperation', () => {
  const everywhere: [string, FoundOperation | null][] = [
    ['', { id: 'listing', argument: null }],
    ['metadata', { id: 'metadata', argument: null }],
    ['configuration', { id: 'configuration', argument: null }],
    ['configuration/app.disable', { id: 'configurationKey', argument: 'app.disable' }],
    ['configuration/a/b', { id: 'configurationKey', argument: 'a/b' }],
    ['configuration/a\nb', { id: 'configurationKey', argument: 'a\nb' }],
    ['configuration/\n', { id: 'configurationKey', argument: '\n' }],
    ['scheduler/x', { id: 'schedulerKey', argument: 'x' }],
    ['debug/publishreportnow', { id: 'publishReportNow', argument: null }],
    ['listing', null],
    ['Metadata', null],
    ['metadata/', null],
    ['metadata/x', null],
    ['v1/metadata', null],
    ['configurations', null],
    ['xconfiguration/a', null],
    ['constructor', null],
    ['control/instances/other', null],
  ];
  const byDialect: [string, Partial<Record<Dialect, FoundOperation>>][] = [
    ['allmetadatas', { d0: { id: 'allMetadatas', argument: null } }],
    [
      'fleet/metadata',
      { d1: { id: 'fleetMetadata', argument: null }, d2: { id: 'fleetMetadata', argument: null } },
    ],
    [
      'control/reschedulenow',
      { d1: { id: 'rescheduleNow', argument: null }, d2: { id: 'rescheduleNow', argument: null } },
    ],
    ['backup', { d2: { id: 'backup', argument: null } }],
    ['control/instances/unstoppable', { d2: { id: 'controlInstances', argument: 'unstoppable' } }],
    ['control/instances/unstartable', { d2: { id: 'controlInstances', argument: 'unstartable' } }],
    ['control/instances/unstoppable/x', { d2: { id: 'controlInstances', argument: 'unstoppable' } }],
    ['control/instances/unstoppablexyz', { d2: { id: 'controlInstances', argument: 'unstoppable' } }],
  ];
  for (const dialect of dialects) {
    for (const [command, found] of everywhere) {
      it(`${JSON.stringify(command)} in ${dialect}`, () =>
        assert.deepEqual(findOperation(command, dialect), found));
    }
    for (const [command, found] of byDialect) {
      it(`${command} in ${dialect}`, () =>
        assert.deepEqual(findOperation(command, dialect), found[dialect] ?? null));
    }
  }
});

describe('operationPath', () => {
  const paths: [Parameters<typeof operationPath>, string][] = [
    [['listing', null], ''],
    [['metadata', null], 'metadata'],
    [['configurationKey', 'app.disable'], 'configuration/app.disable'],
    [['configurationKey', 'override:a b/c?d#e+f%'], 'configuration/override%3Aa%20b/c%3Fd%23e%2Bf%25'],
    [['schedulerKey', "it's(*)!é"], 'scheduler/it%27s%28%2A%29%21%C3%A9'],
    [['controlInstances', 'unstartable'], 'control/instances/unstartable'],
  ];
  for (const [given, path] of paths) {
    it(path, () => {
      const [id, argument] = given;
      assert.equal(operationPath(id, argument), path);
      assert.deepEqual(findOperation(decodeURIComponent(path), 'd2'), { id, argument });
    });
  }
});

it('every operation is reachable, has a command, and names parameters of its dialects once', () => {
  for (const [id, operation] of Object.entries(operations) as [string, Operation][]) {
    assert.ok(operation.transports.length > 0 && operation.dialects.length > 0, id);
    assert.ok(operation.commands.length > 0, id);
    assert.doesNotMatch(operation.summary, /\.$/);
    const names = operation.parameters.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, id);
    for (const { name, dialects: known } of operation.parameters) {
      assert.ok(
        known.every((dialect) => operation.dialects.includes(dialect)),
        `${id} ${name}`,
      );
    }
  }
});
