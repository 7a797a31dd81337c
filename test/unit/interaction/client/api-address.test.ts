// Which addresses a discovery document or --api-url leads to, and which are refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ApiRoute,
  operationUrl,
  routesFromApiUrl,
  routesFromDiscovery,
} from '../../../../src/interaction/client/api-address.ts';

const publicUrl = 'https://pq264fab39.execute-api.eu-west-3.amazonaws.com/v1/';
const endpoint = 'vpce-01234567890abcdef-12345678.execute-api.eu-west-3.vpce.amazonaws.com';
const headers = { 'x-apigw-api-id': 'pq264fab39' };
const publicRoute: ApiRoute = { label: 'public', url: publicUrl, headers };
const endpointRoute: ApiRoute = { label: 'vpc-endpoint', url: `https://${endpoint}/v1/`, headers };

const base = {
  GroupName: 'test',
  InteractAPIGWUrl: publicUrl,
  InteractApi: 'pq264fab39',
  'X-any': { of: 'type' },
};

describe('routesFromDiscovery', () => {
  const accepted: [string, unknown, ApiRoute[]][] = [
    ['D0 without an endpoint', { ...base, ApiGwVpcEndpointDNSEntries: '' }, [publicRoute]],
    ['D0 with one', { ...base, ApiGwVpcEndpointDNSEntries: endpoint }, [endpointRoute, publicRoute]],
    ['D1 and D2 without one', { ...base, ApiGwVpcEndpointDNSEntry: '' }, [publicRoute]],
    ['D1 and D2 with one', { ...base, ApiGwVpcEndpointDNSEntry: endpoint }, [endpointRoute, publicRoute]],
    ['the literal None', { ...base, ApiGwVpcEndpointDNSEntry: 'None' }, [publicRoute]],
    ['null', { ...base, ApiGwVpcEndpointDNSEntry: null }, [publicRoute]],
    ['no key at all', base, [publicRoute]],
    [
      'no API id but in the URL',
      { InteractAPIGWUrl: publicUrl, ApiGwVpcEndpointDNSEntry: endpoint },
      [endpointRoute, publicRoute],
    ],
    [
      'a private API that publishes its endpoint only',
      { InteractAPIGWUrl: '', InteractApi: 'pq264fab39', ApiGwVpcEndpointDNSEntry: endpoint },
      [endpointRoute],
    ],
    ['no slash at the end', { ...base, InteractAPIGWUrl: publicUrl.slice(0, -1) }, [publicRoute]],
    ['doubled slashes', { ...base, InteractAPIGWUrl: publicUrl.replace('/v1/', '//v1//') }, [publicRoute]],
    [
      'plain http on loopback',
      {
        InteractAPIGWUrl: 'http://127.0.0.1:8080/v1/',
        ApiGwVpcEndpointDNSEntry: '127.0.0.2:8080',
        InteractApi: 'a1',
      },
      [
        { label: 'vpc-endpoint', url: 'http://127.0.0.2:8080/v1/', headers: { 'x-apigw-api-id': 'a1' } },
        { label: 'public', url: 'http://127.0.0.1:8080/v1/', headers: { 'x-apigw-api-id': 'a1' } },
      ],
    ],
    [
      'a custom domain without an API id',
      { InteractAPIGWUrl: 'https://api.example.com/v1' },
      [{ label: 'public', url: 'https://api.example.com/v1/', headers: {} }],
    ],
  ];
  for (const [name, discovery, routes] of accepted) {
    it(`accepts ${name}`, () => assert.deepEqual(routesFromDiscovery(discovery), { ok: true, routes }));
  }

  const refused: [unknown, string][] = [
    [null, 'discovery: expected an object'],
    ['x', 'discovery: expected an object'],
    [[], 'discovery: expected an object'],
    [{ GroupName: 'test' }, 'InteractAPIGWUrl: missing from the discovery document'],
    [
      { InteractAPIGWUrl: 'None', ApiGwVpcEndpointDNSEntry: 'None' },
      'InteractAPIGWUrl: missing from the discovery document',
    ],
    [{ ...base, InteractAPIGWUrl: 7 }, 'InteractAPIGWUrl: expected a string, got a number'],
    [{ ...base, InteractAPIGWUrl: 'api.example.com' }, 'InteractAPIGWUrl: not a URL'],
    [{ ...base, InteractAPIGWUrl: 'file:///etc/passwd' }, 'InteractAPIGWUrl: not an https URL'],
    [
      { ...base, InteractAPIGWUrl: 'http://api.example.com/v1/' },
      'InteractAPIGWUrl: plain http is accepted for loopback addresses only',
    ],
    [
      { ...base, InteractAPIGWUrl: 'http://127.0.0.1.example.com/v1/' },
      'InteractAPIGWUrl: plain http is accepted for loopback addresses only',
    ],
    [
      { ...base, InteractAPIGWUrl: 'https://u:p@api.example.com/v1/' },
      'InteractAPIGWUrl: must not contain credentials',
    ],
    [
      { ...base, InteractAPIGWUrl: 'https://api.example.com/v1/?a=b' },
      'InteractAPIGWUrl: must not have a query or a fragment',
    ],
    [
      { ...base, ApiGwVpcEndpointDNSEntry: 'evil.example.com/x?' },
      'ApiGwVpcEndpointDNSEntry: not a host name',
    ],
    [{ ...base, ApiGwVpcEndpointDNSEntry: `a@${endpoint}` }, 'ApiGwVpcEndpointDNSEntry: not a host name'],
    [{ ...base, InteractApi: 'a\r\nx: y' }, 'InteractApi: not an API id'],
    [
      { InteractAPIGWUrl: 'https://api.example.com/v1/', ApiGwVpcEndpointDNSEntry: endpoint },
      'InteractApi: missing, and the VPC endpoint needs it',
    ],
  ];
  for (const [discovery, problem] of refused) {
    it(`refuses: ${problem}`, () => assert.deepEqual(routesFromDiscovery(discovery), { ok: false, problem }));
  }
});

describe('routesFromApiUrl', () => {
  it('takes plain http to anywhere: the operator asked for it', () => {
    const routes = [{ label: 'api-url', url: 'http://10.0.0.1:8080/v1/', headers: {} }];
    assert.deepEqual(routesFromApiUrl('http://10.0.0.1:8080/v1'), { ok: true, routes });
  });

  it('names the option when it is no URL', () => {
    assert.deepEqual(routesFromApiUrl('10.0.0.1'), { ok: false, problem: '--api-url: not a URL' });
  });
});

describe('operationUrl', () => {
  it('joins without doubling slashes', () => {
    assert.equal(operationUrl(publicRoute, 'metadata').href, `${publicUrl}metadata`);
  });

  it('keeps a query value a value', () => {
    const url = operationUrl(publicRoute, 'metadata', { instanceid: 'i-0&OpType=configuration' });
    assert.equal(url.href, `${publicUrl}metadata?instanceid=i-0%26OpType%3Dconfiguration`);
  });
});
