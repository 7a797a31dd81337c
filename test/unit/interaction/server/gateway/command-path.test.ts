// Which command a path names: the reference's table (4.1), decoding after splitting, lower case throughout.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  normaliseCommand,
  parseQuery,
  pathInStage,
} from '../../../../../src/interaction/server/gateway/command-path.ts';

describe('normaliseCommand', () => {
  const cases: [string, string][] = [
    ['/', ''],
    ['', ''],
    ['//', ''],
    ['/METADATA/', 'metadata'],
    ['//metadata', 'metadata'],
    ['/v1/metadata', 'v1/metadata'],
    ['/metadata/x', 'metadata/x'],
    ['/configuration/', 'configuration'],
    ['/configuration%2Fapp.disable', 'configuration/app.disable'],
    ['/scheduler/a//c/', 'scheduler/a/c'],
    ['/scheduler/a%2Fb', 'scheduler/a/b'],
    ['/configuration/a%0Ab', 'configuration/a\nb'],
    ['/configuration/subfleet.MyFleet.state', 'configuration/subfleet.myfleet.state'],
    // Lower-cased before it is decoded, and decoded once.
    ['/%4DETADATA', 'Metadata'],
    ['/a%252Fb', 'a%2fb'],
    ['/a+b', 'a+b'],
    ['/%C3%A9%', 'é%'],
    ['/%c3x%zz', '\ufffdx%zz'],
  ];
  for (const [path, command] of cases) {
    it(JSON.stringify(path), () => assert.equal(normaliseCommand(path), command));
  }
});

describe('pathInStage', () => {
  const cases: [string, ReturnType<typeof pathInStage>][] = [
    ['/v1', { path: '', isRoot: true }],
    ['/v1/', { path: '/', isRoot: true }],
    ['/v1//', { path: '/', isRoot: true }],
    ['/v1/./configuration/../metadata', { path: '/metadata', isRoot: false }],
    ['/v1/configuration/..', { path: '', isRoot: true }],
    ['/v1/configuration/%2e%2e', { path: '/configuration/%2e%2e', isRoot: false }],
    ['/v2/../v1/metadata/', { path: '/metadata/', isRoot: false }],
    ['/v1/../metadata', null],
    ['/v1/metadata', { path: '/metadata', isRoot: false }],
    ['//v1//metadata', { path: '/metadata', isRoot: false }],
    ['/v1/v1/metadata', { path: '/v1/metadata', isRoot: false }],
    ['/metadata', null],
    ['/V1/metadata', null],
    ['/v12/metadata', null],
    ['/', null],
    ['', null],
    ['*', null],
    ['http://127.0.0.1/v1/metadata', null],
  ];
  for (const [rawPath, staged] of cases) {
    it(JSON.stringify(rawPath), () => assert.deepEqual(pathInStage(rawPath), staged));
  }
});

it('parseQuery decodes, and the last of a repeated name wins', () => {
  assert.deepEqual(
    [...parseQuery('a=1&b=x%26y+z&a=2&c')],
    [
      ['a', '2'],
      ['b', 'x&y z'],
      ['c', ''],
    ],
  );
});
