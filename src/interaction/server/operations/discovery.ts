// `discovery`: where the deployment's resources are, and who is asking. The server knows some of it by itself; the rest
// enters by import and wins. What is not known is left out.
import { type JsonValue, pythonJson } from '../../contract/python-json.ts';
import { printTime } from '../fleet/spot-events.ts';
import type { Identity } from '../gateway/caller.ts';
import { readDiscovery } from '../records/discovery.ts';
import type { Call, Deployment, OperationAnswer } from './call.ts';

export async function answerDiscovery(call: Call): Promise<OperationAnswer> {
  const discovery = await tellDiscovery(call);
  return { status: 200, body: pythonJson({ discovery, identity: toWireIdentity(call.identity) }) };
}

/** The deployment's resources, as the dialect tells them. Throws StoreError. */
export async function tellDiscovery({
  deployment,
  store,
}: Pick<Call, 'deployment' | 'store'>): Promise<Readonly<Record<string, JsonValue>>> {
  const discovery = { ...knownResources(deployment), ...(await readDiscovery(store.inventory)) };
  return deployment.dialect === 'd2' ? withPrintedTimes(discovery) : discovery;
}

/** D0 and D1 tell what the interaction function knows, which is not its own address; D2 what the discovery function knows. */
function knownResources(deployment: Deployment): Record<string, JsonValue> {
  const { dialect, group, tables } = deployment;
  return {
    GroupName: group,
    InteractQueue: deployment.queueUrl,
    ConfigurationTable: tables.configuration,
    SchedulerTable: tables.scheduler,
    StateTable: tables.state,
    EventTable: tables.events,
    LongTermEventTable: `${tables.events}-LongTerm`,
    AlarmStateEC2Table: `CloneSquad-${group}-AlarmState-EC2`,
    ...(deployment.reportPath === null ? {} : { LoggingS3Path: deployment.reportPath }),
    ...(dialect === 'd0' ? { ApplicationName: 'CloneSquad', FunctionName: 'Interact' } : {}),
    ...(dialect === 'd0' ? { ConfigurationURL: '' } : { ConfigurationURLs: '' }),
    ...(dialect === 'd2' ? latestResources(deployment) : {}),
  };
}

function latestResources(deployment: Deployment): Record<string, JsonValue> {
  return {
    InteractAPIGWUrl: deployment.apiUrl,
    InteractApi: deployment.apiId,
    ApiGwVpcEndpointDNSEntry: '',
    AccountId: deployment.accountId,
    ...(deployment.backupPath === null ? {} : { MetadataAndBackupS3Path: deployment.backupPath }),
  };
}

/** D2 reads these two as times and prints them again, null when they are none. */
function withPrintedTimes(discovery: Record<string, JsonValue>): Record<string, JsonValue> {
  const printed = ['InstallTime', 'AccountJoinedTimestamp']
    .filter((key) => key in discovery)
    .map((key) => [key, printTime(String(discovery[key]))]);
  return { ...discovery, ...Object.fromEntries(printed) };
}

/** `requestContext.identity` of a request that did not come through a VPC endpoint. */
function toWireIdentity(identity: Identity): JsonValue {
  return {
    accessKey: identity.accessKeyId,
    accountId: /^arn:[^:]*:(?:iam|sts)::(\d{12}):/.exec(identity.userArn)?.[1] ?? null,
    caller: identity.caller,
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
    principalOrgId: null,
    sourceIp: identity.sourceIp,
    user: identity.caller,
    userAgent: identity.userAgent,
    userArn: identity.userArn,
  };
}
