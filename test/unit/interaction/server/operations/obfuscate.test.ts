// What a report for strangers must not tell, and what it must still tell.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { JsonValue } from '../../../../../src/interaction/contract/python-json.ts';
import { createObfuscator } from '../../../../../src/interaction/server/operations/obfuscate.ts';

const obfuscate = createObfuscator(['web', 'web-front', 'a.b(c']);

describe('createObfuscator', () => {
  const replaced: readonly [what: string, value: JsonValue, form: RegExp][] = [
    ['an account id', 'of 111122223333.', /^"of account-\w{12}\."$/],
    ['an account id as a number', 111122223333, /^"account-\w{12}"$/],
    ['an ARN whole', 'arn:aws:sts::111122223333:assumed-role/R/s is it', /^"arn-\w{12} is it"$/],
    ['an ARN of another partition', 'arn:aws-us-gov:s3:::bucket/key', /^"arn-\w{12}"$/],
    ['an instance id', 'CPUCreditBalance/i-0123456789abcdef0', /^"CPUCreditBalance\/instance-\w{12}"$/],
    [
      'ids of other resources',
      'vpc-11111111,subnet-0123456789abcdef0',
      /^"resource-\w{12},resource-\w{12}"$/,
    ],
    ['an IPv4 address', 'from 10.1.2.3:443', /^"from address-\w{12}:443"$/],
    ['IPv4 addresses within a sentence', '(10.1.2.3), 10.1.2.3.', /^"\(address-\w{12}\), address-\w{12}\."$/],
    ['IPv6 addresses', '2001:db8::1: [::1]:80', /^"address-\w{12}: \[address-\w{12}\]:80"$/],
    ['a private DNS name', 'ip-10-1-2-3.eu-west-3.compute.internal', /^"host-\w{12}"$/],
    ['an email address', 'a.b@example.com', /^"email-\w{12}"$/],
    ['an access key', 'ASIAABCDEFGHIJKLMNOP', /^"principal-\w{12}"$/],
    ['a name', 'the web-front, web', /^"the name-\w{12}, name-\w{12}"$/],
    ['a name with signs', 'a.b(c', /^"name-\w{12}"$/],
    ['tags in a list', [{ Key: 'Owner', Value: 'me' }], /^\[\{"Key":"Owner","Value":"name-\w{12}"\}\]$/],
    ['tags in an object', { tags: { Owner: 'me' } }, /^\{"tags":\{"Owner":"name-\w{12}"\}\}$/],
    ['names of members', { 'i-0123456789abcdef0': 1 }, /^\{"instance-\w{12}":1\}$/],
    ['JSON within text', '{"a":"[\\"10.1.2.3\\"]"}', /^\{"a":\["address-\w{12}"\]\}$/],
    ['what is compressed', gzipSync('["10.1.2.3"]').toString('base64'), /^\["address-\w{12}"\]$/],
    ['what cannot be uncompressed', 'H4sIAAAA', /^"\(compressed, left out\)"$/],
  ];
  for (const [what, value, form] of replaced) {
    it(`replaces ${what}`, () => assert.match(JSON.stringify(obfuscate(value)), form));
  }

  const kept: readonly JsonValue[] = [
    '2020-11-17 10:50:59.462776+00:00',
    'cron(0 1 * * ? *),app.disable=1',
    'website webs',
    'v0.27.1',
    '1.2.3.4.5',
    '10:50:59',
    '5',
    17.5,
    1_605_883_921_000,
    true,
    null,
    [],
    {},
    { Key: 'clonesquad:subfleet-name', Value: 'blue' },
    '[not JSON',
  ];
  for (const value of kept) {
    it(`keeps ${JSON.stringify(value)}`, () => assert.deepEqual(obfuscate(value), value));
  }

  it('uses one word for one thing in a report, and another in the next', () => {
    const [first, second] = obfuscate(['10.1.2.3', 'at 10.1.2.3']) as [string, string];
    assert.equal(second, `at ${first}`);
    assert.notEqual(createObfuscator([])('10.1.2.3'), first);
  });

  it('takes time in proportion to a long word', () => {
    // Took minutes when an address was looked for from each letter of it.
    const word = 'a'.repeat(400_000);
    assert.equal(obfuscate(word), word);
  });

  it('ends however deep the nesting is', () => {
    const deep = `${'['.repeat(50_000)}"10.1.2.3"${']'.repeat(50_000)}`;
    assert.ok(!JSON.stringify(obfuscate(deep)).includes('10.1.2.3'));
  });
});
