// The wire of every operation in each dialect, against the tables of what the running system answers.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Dialect } from '../../../src/interaction/contract/instance-metadata.ts';
import { type InteractionApi, type KeyName, startInteractionApi } from '../../fixtures/interaction-api.ts';
import { listings } from '../../fixtures/operation-listings.ts';

const account = '111111111111';

const fleet = {
  instances: [
    {
      id: 'i-0aa',
      type: 'm5.large',
      az: 'eu-west-3a',
      state: 'running',
      status: 'ok',
      tags: { Name: 'web-1', 'clonesquad:group-name': 'test' },
    },
    {
      id: 'i-0bb',
      type: 'm5.large',
      az: 'eu-west-3b',
      state: 'draining',
      status: 'ok',
      spot: true,
      tags: { Name: 'web-2', 'clonesquad:group-name': 'test' },
    },
    { id: 'i-0cc', type: 'm5.large', az: 'eu-west-3c', state: 'stopped', status: 'unknown', tags: {} },
    { id: 'i-0dd', type: 'm5.large', az: 'eu-west-3a', state: 'error', status: 'ok', tags: {} },
    {
      id: 'i-0ee',
      type: 'm5.large',
      az: 'eu-west-3a',
      state: 'running',
      status: 'ok',
      subfleet: 'db',
      tags: {},
    },
  ],
  catalogue: {
    'app.disable': {
      DefaultValue: 0,
      Description: 'Flag to disable everything',
      Format: 'Bool',
      Stable: true,
    },
    'ec2.schedule.min_instance_count': { DefaultValue: 0, Format: 'IntegerOrPercentage', Stable: true },
    'ec2.hidden': { DefaultValue: 1.5, Stable: false },
  },
  sentMetrics: [
    {
      MetricName: 'RunningInstances',
      Unit: 'Count',
      StorageResolution: 60,
      Dimensions: [{ Name: 'GroupName', Value: 'test' }],
      Timestamp: '2020-11-20 14:52:01.386924+00:00',
      Value: 17,
    },
  ],
  metricCache: [
    {
      Id: 'id0',
      Label: 'AWS/EC2 i-0aa CPUUtilization',
      StatusCode: 'Complete',
      Timestamps: ['2020-11-20 22:55:00+00:00'],
      Values: [59],
      _MetricId: 'CloneSquad-test-i-0aa-00',
      _SamplingTime: '2020-11-20 22:56:46.641023+00:00',
    },
  ],
};

/** One request and what is answered; a regular expression or a text for the whole body. Requests run in order. */
interface Row {
  readonly ask: string;
  readonly as?: KeyName;
  readonly body?: string;
  readonly status: number;
  readonly answer: string | RegExp;
  /** Where the row holds; everywhere unless told. */
  readonly dialects?: readonly Dialect[];
}

const flat: readonly Dialect[] = ['d1', 'd2'];
const unrouted = '{"message":"Missing Authentication Token"}';
const fault = '{"message": "Internal server error"}';

const nested = `{
    "Instance": {
        "AvailabilityZone": "eu-west-3a",
        "State": "running",
        "Status": "ok",
        "Tags": [
            {
                "Key": "Name",
                "Value": "web-1"
            },
            {
                "Key": "clonesquad:group-name",
                "Value": "test"
            }
        ]
    },
    "InstanceId": "i-0aa",
    "LocatedInAZWithIssues": false
}`;

const flatMetadata = `{
    "AvailabilityZone": "eu-west-3a",
    "InstanceId": "i-0aa",
    "InstanceName": "web-1",
    "InstanceType": "m5.large",
    "LocatedInAZWithIssues": false,
    "SpotInstance": false,
    "State": "running",
    "Status": "ok",
    "SubfleetName": null,
    "Tags": [
        {
            "Key": "Name",
            "Value": "web-1"
        },
        {
            "Key": "clonesquad:group-name",
            "Value": "test"
        }
    ],
    "TargetGroups": {
        "Arns": [],
        "NbOfTargetGroups": 0
    }
}`;

// Managed: aa, bb, cc, dd (ee is a subfleet's). Not in error: aa, bb, cc. Running in EC2: aa, bb, dd. Serving: aa.
const d0Status = `{
    "AutoscaledFleet": {
        "FaultyFleetSize": 1,
        "ManagedFleetSize": 4,
        "MaximumFleetSize": 3,
        "RunningFleetSize": 3,
        "ServingFleetSize": 1,
        "ServingFleet_vs_ManagedFleetSizePourcentage": 25,
        "ServingFleet_vs_MaximumFleetSizePourcentage": 33
    }
}`;

const flatStatus = `{
    "EC2": {
        "AutoscaledFleet": {
            "ManagedFleetSize": 4,
            "MaximumFleetSize": 3,
            "RunningFleetSize": 3,
            "ServingFleetSize": 1,
            "ServingFleet_vs_ManagedFleetSizePourcentage": 25,
            "ServingFleet_vs_MaximumFleetSizePourcentage": 33,
            "UnhealthyFleetSize": 1
        },
        "Subfleets": [
            {
                "Name": "db",
                "RunningInstanceCount": 1,
                "RunningInstances": [
                    "i-0ee"
                ],
                "StoppedInstanceCount": 0,
                "StoppedInstances": [],
                "SubfleetSize": 1
            }
        ]
    }
}`;

const rows: readonly Row[] = [
  // Routes and normalisation.
  { ask: 'POST /', status: 403, answer: unrouted },
  { ask: 'PUT /metadata', status: 403, answer: unrouted },
  { ask: 'DELETE /configuration', status: 403, answer: unrouted },
  { ask: 'OPTIONS /metadata', status: 403, answer: unrouted },
  { ask: 'GET /nothing', status: 404, answer: "Unknown command 'nothing'" },
  { ask: 'GET /v1/metadata', status: 404, answer: "Unknown command 'v1/metadata'" },
  { ask: 'GET /metadata/x', status: 404, answer: "Unknown command 'metadata/x'" },
  { ask: 'GET //METADATA/', as: 'instance', status: 200, answer: flatMetadata, dialects: flat },
  { ask: 'POST /metadata', as: 'instance', status: 200, answer: flatMetadata, dialects: flat },

  { ask: 'POST /cloudwatch/sentmetrics', status: 200, answer: /"MetricName": "RunningInstances"/ },
  { ask: 'GET //', status: 200, answer: /^(?:allmetadatas|backup|cloudwatch\/metriccache)\n/ },
  { ask: 'GET /configuration/', status: 200, answer: /^\{\n {4}"app\.disable": \{/ },

  // metadata
  { ask: 'GET /metadata', as: 'instance', status: 200, answer: nested, dialects: ['d0'] },
  { ask: 'GET /metadata', as: 'instance', status: 200, answer: flatMetadata, dialects: flat },
  {
    ask: 'GET /metadata',
    as: 'operator',
    status: 500,
    answer: "Can't retrieve requesting InstanceId (AROAOPS:alice).",
  },
  { ask: 'GET /metadata', as: 'user', status: 502, answer: fault, dialects: ['d0'] },
  {
    ask: 'GET /metadata',
    as: 'user',
    status: 500,
    answer: "Can't process metadata caller 'AIDAUSER'!",
    dialects: flat,
  },
  { ask: 'GET /metadata', as: 'stranger', status: 400, answer: "No information for instance id 'i-0ff'!" },
  {
    ask: 'GET /metadata?instanceid=i-0bb',
    as: 'instance',
    status: 200,
    answer: /"State": "draining"/,
    dialects: flat,
  },
  {
    ask: 'GET /metadata?instanceid=i-0bb',
    as: 'instance',
    status: 200,
    answer: /"SpotDetails": \{\n {8}"InterruptedAt": null,\n {8}"RebalanceRecommendedAt": null\n {4}\}/,
    dialects: flat,
  },
  { ask: 'GET /metadata?instanceid=i-0bb', as: 'instance', status: 200, answer: nested, dialects: ['d0'] },
  {
    ask: 'GET /metadata?InstanceId=i-0bb',
    as: 'instance',
    status: 200,
    answer: flatMetadata,
    dialects: flat,
  },
  {
    ask: 'GET /metadata?instanceid=i-0zz',
    as: 'instance',
    status: 400,
    answer: "No information for instance id 'i-0zz'!",
    dialects: flat,
  },

  {
    ask: 'GET /metadata?instanceid=i-0bb',
    as: 'operator',
    status: 500,
    answer: "Can't retrieve requesting InstanceId (AROAOPS:alice).",
  },
  {
    ask: 'GET /metadata?instanceid=i-0cc',
    as: 'instance',
    status: 200,
    answer: /"State": "stopped",\n {4}"Status": "unknown"/,
    dialects: flat,
  },
  {
    ask: 'GET /metadata?instanceid=i-0ee',
    as: 'instance',
    status: 200,
    answer: /"SubfleetName": "db"/,
    dialects: flat,
  },

  // The hole that let a reader write: parameters stay parameters.
  {
    ask: 'GET /metadata?OpType=configuration/app.disable&httpMethod=POST&body=1&path=/scheduler',
    as: 'instance',
    status: 200,
    answer: flatMetadata,
    dialects: flat,
  },

  // The fleet
  { ask: 'GET /allmetadatas', status: 404, answer: "Unknown command 'allmetadatas'", dialects: flat },
  {
    ask: 'GET /allmetadatas',
    status: 200,
    answer: /^\{\n {4}"i-0aa": \{\n {8}"Instance": \{/,
    dialects: ['d0'],
  },
  // Without those that are stopped, and without the id inside; members of a subfleet are excluded.
  { ask: 'GET /allmetadatas', status: 200, answer: /^(?!.*(?:i-0cc|InstanceId))/s, dialects: ['d0'] },
  {
    ask: 'GET /allmetadatas',
    status: 200,
    answer: /"i-0ee": \{[^}]*"State": "excluded"/,
    dialects: ['d0'],
  },
  {
    ask: 'GET /fleet/metadata',
    status: 200,
    answer: /"InstanceId": "i-0cc"[^}]*"State": "stopped"/,
    dialects: flat,
  },
  { ask: 'GET /fleet/metadata', status: 404, answer: "Unknown command 'fleet/metadata'", dialects: ['d0'] },
  {
    ask: 'GET /fleet/metadata',
    status: 200,
    answer: /^\[\n {4}\{\n {8}"AvailabilityZone": "eu-west-3a"/,
    dialects: flat,
  },
  { ask: 'GET /fleet/status', status: 200, answer: d0Status, dialects: ['d0'] },
  { ask: 'GET /fleet/status', status: 200, answer: flatStatus, dialects: flat },

  // discovery
  { ask: 'GET /discovery', status: 200, answer: /"GroupName": "test"/ },
  { ask: 'GET /discovery', status: 200, answer: /"ConfigurationTable": "CloneSquad-test-Configuration"/ },
  { ask: 'GET /discovery', status: 200, answer: /"InteractQueue": "http:[^"]*\/CloneSquad-Interact-test"/ },
  { ask: 'GET /discovery', status: 200, answer: /"caller": "AROAOPS:alice"/ },
  { ask: 'GET /discovery', status: 200, answer: new RegExp(`"accountId": "${account}"`) },
  { ask: 'GET /discovery', status: 200, answer: /"FunctionName": "Interact"/, dialects: ['d0'] },
  { ask: 'GET /discovery', status: 200, answer: /"InteractAPIGWUrl": "[^"]*\/v1\/"/, dialects: ['d2'] },

  { ask: 'GET /discovery', status: 200, answer: /"ConfigurationURL": ""/, dialects: ['d0'] },
  { ask: 'GET /discovery', status: 200, answer: /"ConfigurationURLs": ""/, dialects: flat },
  { ask: 'GET /discovery', status: 200, answer: /^(?!.*InteractAPIGWUrl)/s, dialects: ['d0', 'd1'] },

  // configuration
  { ask: 'GET /configuration/app.disable', status: 200, answer: '0' },
  { ask: 'GET /configuration%2Fapp.disable', status: 200, answer: '0' },
  { ask: 'GET /configuration/no.such', status: 400, answer: "Unknown configuration key 'no.such'!" },
  { ask: 'GET /configuration/a%0Ab', status: 400, answer: 'Missing config key path.' },
  { ask: 'POST /configuration/App.Disable', body: '1\nignored', status: 200, answer: '1' },
  { ask: 'GET /configuration/app.disable', status: 200, answer: '1' },
  { ask: 'POST /configuration/my.key', body: '  kept \r\n', status: 200, answer: '  kept \r' },
  { ask: 'POST /configuration/my.key', status: 502, answer: fault },
  { ask: 'POST /configuration/my.key', body: '\n', status: 200, answer: '' },
  { ask: 'GET /configuration/my.key', status: 400, answer: "Unknown configuration key 'my.key'!" },
  {
    ask: 'POST /configuration',
    body: '{"subfleet.MyFleet.state": "running", "n": 1.5, "t": true, "gone": null, "set": {"a": 1}}',
    status: 200,
    answer: 'Ok (5 key(s) processed)',
  },
  { ask: 'GET /configuration/n', status: 200, answer: '1.5' },
  { ask: 'GET /configuration/t', status: 200, answer: 'True' },
  { ask: 'GET /configuration/subfleet.MyFleet.state', status: 400, answer: /^Unknown configuration key/ },
  {
    ask: 'GET /configuration?raw=true',
    status: 200,
    answer:
      '{\n    "app.disable": "1",\n    "n": "1.5",\n    "set": {\n        "a": "1"\n    },\n' +
      '    "subfleet.MyFleet.state": "running",\n    "t": "True"\n}',
    dialects: flat,
  },
  { ask: 'GET /configuration?raw=true', status: 200, answer: /"ConfigurationOrigin"/, dialects: ['d0'] },
  { ask: 'GET /configuration?format=YAML', status: 200, answer: /^app\.disable:\n {2}ConfigurationOrigin: / },
  {
    ask: 'GET /configuration?raw=true&format=yaml',
    status: 200,
    answer: "app.disable: '1'\nn: '1.5'\nset:\n  a: '1'\nsubfleet.MyFleet.state: running\nt: 'True'\n",
    dialects: flat,
  },
  {
    ask: 'GET /configuration',
    status: 200,
    answer:
      /"app.disable": \{\n {8}"ConfigurationOrigin": "DynamoDB configuration table 'CloneSquad-test-Configuration'"/,
  },
  { ask: 'GET /configuration', status: 200, answer: /^(?!.*ec2\.hidden)/s },
  { ask: 'GET /configuration?unstable=TRUE', status: 200, answer: /"ec2.hidden"/ },
  { ask: 'GET /configuration?Unstable=true', status: 200, answer: /^(?!.*ec2\.hidden)/s },
  { ask: 'GET /configuration?unstable=true', status: 200, answer: /"Status": "\[WARNING\]/ },
  { ask: 'GET /configuration', status: 200, answer: /"Override": false/, dialects: ['d2'] },
  { ask: 'GET /configuration', status: 200, answer: /^(?!.*"Override")/s, dialects: ['d0', 'd1'] },
  {
    ask: 'POST /configuration',
    body: '[1]',
    status: 500,
    answer: /^Can't parse YAML\/JSON document : .* $/s,
  },
  { ask: 'POST /configuration', body: '{', status: 500, answer: /^Can't parse YAML\/JSON document : .* $/s },
  { ask: 'POST /configuration', status: 500, answer: /^Can't parse YAML\/JSON document : .* $/s },
  {
    ask: 'POST /configuration?format=yaml',
    body: 'n: 2\nmore: yes\n',
    status: 200,
    answer: 'Ok (2 key(s) processed)',
  },
  { ask: 'GET /configuration/more', status: 200, answer: 'True' },
  {
    ask: 'POST /configuration?restore=true',
    body: '{"n": 3}',
    status: 200,
    answer: 'Ok (1 key(s) processed)',
    dialects: ['d0', 'd1'],
  },
  { ask: 'GET /configuration/more', status: 200, answer: 'True', dialects: ['d0', 'd1'] },
  {
    ask: 'POST /configuration?restore=true',
    body: '{"n": 3}',
    status: 200,
    answer: 'Ok (1 key(s) processed)',
    dialects: ['d2'],
  },
  { ask: 'GET /configuration?raw=true', status: 200, answer: '{\n    "n": "3"\n}', dialects: ['d2'] },
  {
    ask: 'POST /configuration/n?ttl=seconds%3D0.5',
    body: '9',
    status: 400,
    answer: /whole|integer|fraction/i,
    dialects: ['d2'],
  },
  { ask: 'GET /configuration/n', status: 200, answer: '3', dialects: ['d2'] },
  { ask: 'POST /configuration/n?ttl=-5', body: '9', status: 200, answer: '9', dialects: ['d2'] },
  { ask: 'GET /configuration/n', status: 400, answer: "Unknown configuration key 'n'!", dialects: ['d2'] },
  { ask: 'POST /configuration/n?ttl=hours%3D1%2Cminutes%3D30', body: '4', status: 200, answer: '4' },
  { ask: 'GET /configuration/n', status: 200, answer: '4' },
  { ask: 'POST /configuration/override:n', body: '5', status: 200, answer: '5' },
  { ask: 'GET /configuration/n', status: 200, answer: '5', dialects: ['d2'] },
  { ask: 'GET /configuration/n', status: 200, answer: '4', dialects: ['d0', 'd1'] },

  // scheduler
  { ask: 'GET /scheduler', status: 200, answer: '{}' },
  { ask: 'GET /scheduler?format=yaml', status: 200, answer: '{}\n' },
  {
    ask: 'POST /scheduler',
    body: '{"Night": "cron(0 22 * * ? *),x=1", "a/c": "rate(1 day)"}',
    status: 200,
    answer: 'Ok (2 key processed)',
    dialects: ['d0'],
  },
  {
    ask: 'POST /scheduler',
    body: '{"Night": "cron(0 22 * * ? *),x=1", "a/c": "rate(1 day)"}',
    status: 200,
    answer: 'Ok (2 key(s) processed)',
    dialects: flat,
  },
  { ask: 'GET /scheduler/a//c/', status: 200, answer: 'rate(1 day)' },
  { ask: 'GET /scheduler/a%2Fc', status: 200, answer: 'rate(1 day)' },
  { ask: 'GET /scheduler/none', status: 400, answer: 'Unknown configuration key!' },
  {
    ask: 'POST /scheduler/dawn',
    body: 'cron(0 6 * * ? *),x=2',
    status: 200,
    answer: 'cron(0 6 * * ? *),x=2',
  },
  { ask: 'GET /scheduler/dawn', status: 200, answer: 'cron(0 6 * * ? *),x=2' },

  { ask: 'GET /scheduler?format=YAML', status: 200, answer: /^\{/, dialects: ['d0', 'd1'] },
  {
    ask: 'GET /scheduler?format=yaml',
    status: 200,
    answer: /^Night: cron\(0 22 \* \* \? \*\),x=1\na\/c: rate\(1 day\)\n/,
  },
  { ask: 'POST /scheduler', body: '[]', status: 500, answer: /^Can't parse YAML\/JSON document : .* $/s },
  { ask: 'POST /scheduler/dawn', status: 502, answer: fault },
  { ask: 'POST /scheduler/dawn', body: '\n', status: 200, answer: '' },
  { ask: 'GET /scheduler/dawn', status: 400, answer: 'Unknown configuration key!' },
  {
    ask: 'POST /scheduler?restore=true&format=yaml',
    body: 'Night: rate(2 days)\n',
    status: 200,
    answer: 'Ok (1 key(s) processed)',
    dialects: ['d2'],
  },
  {
    ask: 'GET /scheduler',
    status: 200,
    answer: '{\n    "Night": "rate(2 days)"\n}',
    dialects: ['d2'],
  },

  // metrics
  {
    ask: 'GET /cloudwatch/sentmetrics',
    status: 200,
    answer: `[
    {
        "Dimensions": [
            {
                "Name": "GroupName",
                "Value": "test"
            }
        ],
        "MetricName": "RunningInstances",
        "StorageResolution": 60,
        "Timestamp": "2020-11-20 14:52:01.386924+00:00",
        "Unit": "Count",
        "Value": 17.0
    }
]`,
  },
  {
    ask: 'GET /cloudwatch/metriccache',
    status: 200,
    answer: `[
    {
        "Id": "id0",
        "Label": "AWS/EC2 i-0aa CPUUtilization",
        "StatusCode": "Complete",
        "Timestamps": [
            "2020-11-20 22:55:00+00:00"
        ],
        "Values": [
            59.0
        ],
        "_MetricId": "CloneSquad-test-i-0aa-00",
        "_SamplingTime": "2020-11-20 22:56:46.641023+00:00"
    }
]`,
  },

  // control
  {
    ask: 'GET /control/instances/unstoppable',
    status: 404,
    answer: "Unknown command 'control/instances/unstoppable'",
    dialects: ['d0', 'd1'],
  },
  { ask: 'GET /control/instances/unstoppable', status: 200, answer: '{}', dialects: ['d2'] },
  {
    ask: 'GET /control/instances/unstoppable?mode=x',
    status: 400,
    answer: "Invalid mode 'x'! (Must be one of ['add', 'delete'])",
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/instances/Unstoppable',
    status: 404,
    answer: "Unknown control state 'Unstoppable'!",
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/instances/unstoppable/',
    status: 404,
    answer: "Unknown control state ''!",
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/instances/unstoppablexyz',
    status: 404,
    answer: "Unknown control state 'unstoppablexyz'!",
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/instances/other',
    status: 404,
    answer: "Unknown command 'control/instances/other'",
    dialects: ['d2'],
  },
  {
    ask: 'POST /control/instances/unstoppable?mode=add',
    status: 400,
    answer: /^Failed to parse JSON body: .*!$/s,
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/instances/unstoppable?mode=add&instanceids=i-0aa,i-0nope&ttl=hours%3D2',
    status: 200,
    answer:
      /^\{\n {4}"i-0aa": \{\n {8}"EndDate": "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00",\n {8}"Excluded": false,\n {8}"InstanceName": "web-1",\n {8}"StartDate": "[^"]+",\n {8}"SubfleetName": null,\n {8}"TTL": \d+\n {4}\}\n\}$/,
    dialects: ['d2'],
  },
  {
    ask: 'POST /control/instances/unstoppable?mode=add',
    body: '{"Tags": {"clonesquad:subfleet-name": null, "Name": "web-*"}}',
    status: 200,
    answer: /^\{\n {4}"i-0aa": [\s\S]*\n {4}"i-0bb": /,
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/instances/unstoppable?mode=delete&instanceids=all',
    status: 200,
    answer: '{}',
    dialects: ['d2'],
  },
  {
    ask: 'POST /control/instances/unstartable?mode=add&excluded=True',
    body: '{"SubfleetNames": ["db"], "InstanceNames": ["web-1"]}',
    status: 200,
    answer: /^\{\n {4}"i-0aa": \{[^}]*"Excluded": true[^}]*\},\n {4}"i-0ee": \{[^}]*"SubfleetName": "db"/,
    dialects: ['d2'],
  },
  {
    ask: 'POST /control/instances/unstartable?mode=delete',
    body: '{"SubfleetNames": null}',
    status: 200,
    answer: /^\{\n {4}"i-0ee": \{[^}]*\}\n\}$/,
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/instances/unstartable?mode=add&subfleetnames=&ttl=-5',
    status: 200,
    answer: /^\{\n {4}"i-0ee": \{[^}]*\}\n\}$/,
    dialects: ['d2'],
  },
  {
    ask: 'POST /control/instances/unstartable',
    body: '[]',
    status: 400,
    answer: /^Failed to parse JSON body: .*!$/s,
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/instances/unstartable/x',
    status: 404,
    answer: "Unknown control state 'x'!",
    dialects: ['d2'],
  },
  {
    ask: 'GET /control/reschedulenow',
    status: 200,
    answer: 'On-demand rescheduling request acknowledged. Reschedule in 0 second(s)...',
    dialects: flat,
  },
  {
    ask: 'GET /control/reschedulenow?delay=-1',
    status: 400,
    answer: /^Failed to parse supplied 'delay' parameter/,
    dialects: flat,
  },
  {
    ask: 'GET /control/reschedulenow',
    status: 404,
    answer: "Unknown command 'control/reschedulenow'",
    dialects: ['d0'],
  },
  {
    ask: 'GET /control/reschedulenow?delay=%205%20',
    status: 200,
    answer: 'On-demand rescheduling request acknowledged. Reschedule in 5 second(s)...',
    dialects: flat,
  },
  {
    ask: 'GET /control/reschedulenow?delay=soon',
    status: 400,
    answer: /^Failed to parse supplied 'delay' parameter as a int\(\) 'soon' : /,
    dialects: flat,
  },
  {
    ask: 'GET /control/reschedulenow?delay=901',
    status: 400,
    answer: /^Failed to parse supplied 'delay' parameter/,
    dialects: flat,
  },

  // backup, report, events
  { ask: 'GET /backup', status: 404, answer: "Unknown command 'backup'", dialects: ['d0', 'd1'] },
  { ask: 'GET /backup', status: 500, answer: /MetadataAndBackupS3Path/, dialects: ['d2'] },
  { ask: 'GET /debug/publishreportnow', status: 404, answer: 'Command not available through API Gateway' },
  { ask: 'GET /notify/ackevent', status: 502, answer: fault },
  { ask: 'GET /notify/ackevent?Events=x', status: 502, answer: fault },
  {
    ask: 'POST /notify/ackevent',
    body: '{"Events": ["2020-11-17 10:50:59.462776+00:00"]}',
    status: 200,
    answer: '{}',
  },
];

for (const dialect of ['d0', 'd1', 'd2'] as const) {
  describe(`the wire of ${dialect}`, () => {
    let api: InteractionApi;

    before(async () => {
      api = await startInteractionApi(dialect);
      const file = `${api.directory}/import.json`;
      writeFileSync(file, JSON.stringify(fleet));
      const imported = await api.admin('import', file);
      assert.equal(imported.status, 0, imported.stderr);
    });

    after(() => api.close());

    it('lists its operations', async () => {
      const { status, body, headers } = await api.ask('GET', '/');
      assert.equal(status, 200);
      assert.equal(body, listings[dialect].join('\n'));
      assert.equal(headers['content-type'], 'application/json');
    });

    for (const row of rows.filter(({ dialects }) => dialects?.includes(dialect) ?? true)) {
      const { ask, as, body, status, answer } = row;
      const given = body === undefined ? '' : ` with ${JSON.stringify(body).slice(0, 60)}`;
      it(`${ask}${given}${as === undefined ? '' : ` as ${as}`}: ${status}`, async () => {
        const [method, path] = ask.split(' ') as [string, string];
        const options = { ...(as === undefined ? {} : { as }), ...(body === undefined ? {} : { body }) };
        const answered = await api.ask(method, path, options);
        if (typeof answer === 'string') assert.equal(answered.body, answer);
        else assert.match(answered.body, answer);
        assert.equal(answered.status, status);
      });
    }

    it('keeps what it acknowledged when it is killed', async () => {
      await api.ask('POST', '/configuration/durable', { body: 'yes' });
      await api.restart();
      const { body } = await api.ask('GET', '/configuration/durable');
      assert.equal(body, 'yes');
    });
  });
}
