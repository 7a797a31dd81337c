// What a server says of its deployment, from its options and its keys.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountOfKeys, describeDeployment } from '../../../../src/commands/interact/deployment.ts';
import { parsePublicUrl, type ServeOptions } from '../../../../src/commands/interact/serve-options.ts';
import type { KeyFile } from '../../../../src/interaction/server/keys/key-file.ts';

const options: ServeOptions = {
  ...{ listen: { host: '127.0.0.1', port: 0 }, keys: 'keys.json', adminSocket: '/run/a' },
  ...{ dialect: 'd1', group: 'web' },
};

describe('describeDeployment', () => {
  const describeWith = (more: Partial<ServeOptions>) =>
    describeDeployment({ ...options, ...more }, 'eu-west-3', '111111111111', 'http://127.0.0.1:8080');

  it('names things as CloneSquad does', () => {
    const { apiUrl, queueUrl, tables, backupPath, reportPath } = describeWith({});
    assert.equal(apiUrl, 'http://127.0.0.1:8080/v1/');
    assert.equal(queueUrl, 'http://127.0.0.1:8080/111111111111/CloneSquad-Interact-web');
    assert.equal(tables.events, 'CloneSquad-web-EventLog');
    assert.deepEqual([backupPath, reportPath], [null, null]);
  });

  it('gives the address that clients know it by', () => {
    const { apiUrl, queueUrl } = describeWith({ publicUrl: 'https://api.example' });
    assert.equal(apiUrl, 'https://api.example/v1/');
    assert.equal(queueUrl, 'https://api.example/111111111111/CloneSquad-Interact-web');
  });

  it('has one id for a group, wherever it is served, unless told', () => {
    const { apiId } = describeWith({});
    assert.match(apiId, /^[0-9a-z]{10}$/);
    assert.equal(describeWith({ dialect: 'd2', publicUrl: 'https://other' }).apiId, apiId);
    assert.notEqual(describeWith({ group: 'other' }).apiId, apiId);
    assert.equal(describeWith({ apiId: 'a1' }).apiId, 'a1');
  });
});

describe('accountOfKeys', () => {
  const cases: [string, string[], string | null][] = [
    ['no keys', [], null],
    [
      'one account',
      ['arn:aws:iam::111111111111:user/a', 'arn:aws:sts::111111111111:assumed-role/r/s'],
      '111111111111',
    ],
    ['two', ['arn:aws:iam::111111111111:user/a', 'arn:aws:iam::222222222222:user/a'], null],
    ['one without', ['arn:aws:iam::111111111111:user/a', 'bob'], null],
    ['none of them with one', ['bob', 'eve'], null],
  ];
  for (const [name, arns, expected] of cases) {
    it(name, () => {
      const key = { secretAccessKey: 's', caller: 'c', allow: [], deny: [] };
      const keys = { keys: () => arns.map((userArn) => ({ ...key, userArn })) } as Pick<KeyFile, 'keys'>;
      assert.equal(accountOfKeys(keys), expected);
    });
  }
});

describe('parsePublicUrl', () => {
  const accepted: [string, string][] = [
    ['https://api.example', 'https://api.example'],
    ['http://api.example:8080/', 'http://api.example:8080'],
    ['https://api.example/v1/', 'https://api.example'],
    ['https://[::1]/v1', 'https://[::1]'],
  ];
  for (const [text, expected] of accepted) it(text, () => assert.equal(parsePublicUrl(text), expected));
  for (const text of [
    'api.example',
    'ftp://a',
    'https://a/v2',
    'https://a/?x',
    'https://a/#x',
    'https://u@a/',
    '/v1/',
  ])
    it(`not ${text}`, () => assert.throws(() => parsePublicUrl(text), { code: 'commander.invalidArgument' }));
});
