// What the Discovery Lambda answers, in the three dialects of the Interaction API.
import type { SandboxState } from './state.ts';

/** The document for the state's group, API and dialect, with the overrides laid over. */
export function discoveryDocument(state: SandboxState): Record<string, unknown> {
  const document = { ...commonKeys(state), ...dialectKeys(state), ...state.discovery.overrides };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
}

function commonKeys({ instance, discovery }: SandboxState): Record<string, string> {
  const { accountId, domain, region } = instance;
  const { groupName } = discovery;
  const table = (suffix: string): string => `CloneSquad-${groupName}-${suffix}`;
  return {
    GroupName: groupName,
    InteractAPIGWUrl: discovery.apiUrl.endsWith('/') ? discovery.apiUrl : `${discovery.apiUrl}/`,
    InteractApi: discovery.apiId,
    InteractQueue: `https://sqs.${region}.${domain}/${accountId}/${table('Interact')}`,
    ConfigurationTable: table('Configuration'),
    SchedulerTable: table('Scheduler'),
    StateTable: table('State'),
    EventTable: table('EventLog'),
    LongTermEventTable: table('EventLog-LongTerm'),
    AlarmStateEC2Table: table('AlarmState-EC2'),
  };
}

function dialectKeys(state: SandboxState): Record<string, string> {
  const { dialect, groupName, vpcEndpoint } = state.discovery;
  const { accountId, partition, region } = state.instance;
  const topic = (name: string): string =>
    `arn:${partition}:sns:${region}:${accountId}:CloneSquad-${name}-${groupName}`;
  const role = (name: string): string =>
    `arn:${partition}:iam::${accountId}:role/CloneSquad-${groupName}-${name}Role`;
  switch (dialect) {
    case 'd0':
      return {
        ApiGwVpcEndpointDNSEntries: vpcEndpoint,
        ApplicationName: 'CloneSquad',
        ConfigurationURL: '',
        FunctionName: 'Discovery',
        LoggingS3Path: '',
        MainFunctionArn: `arn:${partition}:lambda:${region}:${accountId}:function:CloneSquad-Main-${groupName}`,
        GenericInsufficientDataActions_SNSTopicArn: topic('GenericInsufficientDataActions'),
        GenericOkActions_SNSTopicArn: topic('GenericOkActions'),
        ScaleUp_SNSTopicArn: topic('CloudWatchAlarmUp'),
      };
    case 'd1':
      return { ApiGwVpcEndpointDNSEntry: vpcEndpoint, ConfigurationURLs: '', LoggingS3Path: '' };
    case 'd2':
      return {
        AccountId: accountId,
        ApiGwVpcEndpointDNSEntry: vpcEndpoint,
        CloneSquadVersion: 'v0.27.1',
        ConfigurationURLs: '',
        InstallTime: '2024-01-27 10:00:00.000000+00:00',
        InteractLambdaIamRoleArn: role('Interact'),
        LambdaMemorySize: '512',
        LoggingS3Path: 'None',
        LogLevels: '',
        MainLambdaIamRoleArn: role('Main'),
        TimeZone: 'UTC',
      };
  }
}
