import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type EndpointService,
  isAwsHost,
  partitionOfRegion,
  serviceEndpoint,
} from '../../../src/aws/endpoints.ts';
import type { Environment } from '../../../src/aws/http-agents.ts';

const fips = { AWS_USE_FIPS_ENDPOINT: 'true' };
const dual = { AWS_USE_DUALSTACK_ENDPOINT: 'true' };

const cases: readonly [service: EndpointService, region: string, env: Environment, expected: string][] = [
  ['sts', 'eu-west-1', {}, 'https://sts.eu-west-1.amazonaws.com/'],
  ['ec2', 'us-east-1', {}, 'https://ec2.us-east-1.amazonaws.com/'],
  ['lambda', 'cn-north-1', {}, 'https://lambda.cn-north-1.amazonaws.com.cn/'],
  ['sts', 'us-iso-east-1', {}, 'https://sts.us-iso-east-1.c2s.ic.gov/'],
  ['sts', 'us-isob-east-1', {}, 'https://sts.us-isob-east-1.sc2s.sgov.gov/'],
  ['ec2', 'eusc-de-east-1', {}, 'https://ec2.eusc-de-east-1.amazonaws.eu/'],
  ['sts', 'us-east-2', fips, 'https://sts-fips.us-east-2.amazonaws.com/'],
  ['sts', 'us-gov-west-1', fips, 'https://sts.us-gov-west-1.amazonaws.com/'],
  ['ec2', 'us-gov-west-1', fips, 'https://ec2.us-gov-west-1.amazonaws.com/'],
  ['lambda', 'us-gov-west-1', fips, 'https://lambda-fips.us-gov-west-1.amazonaws.com/'],
  ['lambda', 'eu-west-1', dual, 'https://lambda.eu-west-1.api.aws/'],
  ['ec2', 'cn-north-1', dual, 'https://ec2.cn-north-1.api.amazonwebservices.com.cn/'],
  ['ec2', 'us-west-2', { ...fips, ...dual }, 'https://ec2-fips.us-west-2.api.aws/'],
  // As the SDK's rules for DynamoDB have them.
  ['dynamodb', 'eu-west-1', {}, 'https://dynamodb.eu-west-1.amazonaws.com/'],
  ['dynamodb', 'eu-west-1', fips, 'https://dynamodb-fips.eu-west-1.amazonaws.com/'],
  ['dynamodb', 'us-gov-west-1', fips, 'https://dynamodb.us-gov-west-1.amazonaws.com/'],
  ['dynamodb', 'us-gov-east-1', { ...fips, ...dual }, 'https://dynamodb-fips.us-gov-east-1.api.aws/'],
  ['dynamodb', 'cn-north-1', dual, 'https://dynamodb.cn-north-1.api.amazonwebservices.com.cn/'],
  ['dynamodb', 'us-west-2', { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/'],
  ['sts', 'us-west-2', { AWS_USE_FIPS_ENDPOINT: 'false' }, 'https://sts.us-west-2.amazonaws.com/'],
  ['sts', 'us-west-2', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/'],
  [
    'sts',
    'us-west-2',
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:2/sts' },
    'http://127.0.0.1:2/sts',
  ],
  [
    'ec2',
    'us-west-2',
    { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:2' },
    'https://ec2.us-west-2.amazonaws.com/',
  ],
  [
    'ec2',
    'us-west-2',
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    'https://ec2.us-west-2.amazonaws.com/',
  ],
];
describe('endpoints', () => {
  for (const [service, region, env, expected] of cases) {
    test(`${service} in ${region} with ${JSON.stringify(env)}`, () => {
      assert.equal(serviceEndpoint({ service, region, env }).href, expected);
    });
  }
  test('the domain that IMDS tells is used', () => {
    const query = { service: 'sts', region: 'xx-new-1', env: {}, dnsSuffix: 'new.example' } as const;
    assert.equal(serviceEndpoint(query).href, 'https://sts.xx-new-1.new.example/');
  });
  for (const value of ['nonsense', 'ftp://x']) {
    test(`AWS_ENDPOINT_URL=${value} is an error that names it`, () => {
      const query = { service: 'ec2', region: 'us-west-2', env: { AWS_ENDPOINT_URL: value } } as const;
      assert.throws(() => serviceEndpoint(query), { variable: 'AWS_ENDPOINT_URL' });
    });
  }
});

test('partitions by region', () => {
  const regions = {
    'eu-west-1': 'aws',
    'cn-northwest-1': 'aws-cn',
    'us-gov-east-1': 'aws-us-gov',
    'us-isof-south-1': 'aws-iso-f',
  };
  for (const [region, partition] of Object.entries(regions))
    assert.equal(partitionOfRegion(region), partition);
});

describe('a host of AWS', () => {
  for (const name of [
    'abc.execute-api.eu-west-1.amazonaws.com',
    'vpce-1.execute-api.eu-west-1.vpce.amazonaws.com',
    'abc.execute-api.cn-north-1.amazonaws.com.cn',
    'sqs.us-iso-east-1.c2s.ic.gov',
    'sqs.eu-west-1.api.aws',
  ]) {
    test(`is ${name}`, () => assert.equal(isAwsHost(name), true));
  }
  for (const name of [
    '127.0.0.1',
    'localhost',
    'api.example.com',
    'notamazonaws.com',
    'amazonaws.com.example',
  ]) {
    test(`is not ${name}`, () => assert.equal(isAwsHost(name), false));
  }
});
