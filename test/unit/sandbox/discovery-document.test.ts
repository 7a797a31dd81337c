import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoveryDocument } from '../../../src/sandbox/discovery-document.ts';
import { changedState, initialState, type SandboxState } from '../../../src/sandbox/state.ts';

function documentFor(discovery: Partial<SandboxState['discovery']>): Record<string, unknown> {
  return discoveryDocument(changedState(initialState(), { discovery }));
}

const common =
  'AlarmStateEC2Table ConfigurationTable EventTable GroupName InteractAPIGWUrl InteractApi InteractQueue LoggingS3Path LongTermEventTable SchedulerTable StateTable';
const ownKeys = {
  d0: 'ApiGwVpcEndpointDNSEntries ApplicationName ConfigurationURL FunctionName GenericInsufficientDataActions_SNSTopicArn GenericOkActions_SNSTopicArn MainFunctionArn ScaleUp_SNSTopicArn',
  d1: 'ApiGwVpcEndpointDNSEntry ConfigurationURLs',
  d2: 'AccountId ApiGwVpcEndpointDNSEntry CloneSquadVersion ConfigurationURLs InstallTime InteractLambdaIamRoleArn LambdaMemorySize LogLevels MainLambdaIamRoleArn TimeZone',
};
for (const dialect of ['d0', 'd1', 'd2'] as const) {
  test(`dialect ${dialect} has its own keys and no others`, () => {
    const expected = `${common} ${ownKeys[dialect]}`.split(' ').sort();
    assert.deepEqual(Object.keys(documentFor({ dialect })).sort(), expected);
  });
}

test('the API’s URL always ends with a slash', () => {
  for (const apiUrl of ['http://h/v1', 'http://h/v1/']) {
    assert.equal(documentFor({ apiUrl }).InteractAPIGWUrl, 'http://h/v1/');
  }
});

test('overrides are laid over, null removes', () => {
  const document = documentFor({ overrides: { 'X-site': { a: 1 }, InteractApi: null } });
  assert.deepEqual([document['X-site'], 'InteractApi' in document], [{ a: 1 }, false]);
});
