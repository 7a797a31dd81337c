// docs/iam: the policy is the one in the README, allows what the agent is seen to ask for and nothing else, and Terraform reads it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { judgeDiscoveryPermission } from '../../../src/commands/watcher/doctor/checks/permission-discovery.ts';
import { judgeTagPermission } from '../../../src/commands/watcher/doctor/checks/permission-tags.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string;
  readonly Resource: string;
}

const ROOT = join(import.meta.dirname, '../../..');
const POLICY = JSON.parse(read('docs/iam/policy.json')) as { readonly Statement: readonly Statement[] };
/** Where doctor lays a refusal to the policy, and what it advises. */
const REFUSED = [
  {
    action: 'ec2:DescribeInstances',
    resource: '*',
    judge: (denied: object) => judgeTagPermission(null, refusal(denied)),
  },
  {
    action: 'lambda:InvokeFunction',
    resource: 'arn:aws:lambda:eu-west-1:111111111111:function:CloneSquad-Discovery-demo',
    judge: (denied: object) => judgeDiscoveryPermission(refusal(denied)),
  },
] as const;

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function refusal(denied: object): Parameters<typeof judgeDiscoveryPermission>[0] {
  return { kind: 'refused', message: 'no', denied } as Parameters<typeof judgeDiscoveryPermission>[0];
}

test('the policy is the one in the README', () => {
  const [, box = ''] = /^### IAM policy\n+```json\n(.*?)^```$/ms.exec(read('README.md')) ?? [];
  assert.deepEqual(POLICY, JSON.parse(box));
});

for (const { action, resource, judge } of REFUSED) {
  test(`the policy has what doctor advises when ${action} is refused`, () => {
    const said = `User: arn:aws:sts::111111111111:assumed-role/web/i-1 is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
    const { status, remedy } = judge({ action, resource, said });
    assert.equal(status, 'problem');
    const [, json = ''] = /^add to a policy of role web: (\{.*\})$/.exec(remedy ?? '') ?? [];
    const advised = JSON.parse(json) as Statement;
    const found = POLICY.Statement.filter(({ Action }) => Action === advised.Action);
    assert.equal(found.length, 1);
    assert.equal(found[0]!.Effect, advised.Effect);
    assert.ok(
      covers(found[0]!.Resource, advised.Resource),
      `${found[0]!.Resource} covers ${advised.Resource}`,
    );
  });
}

test('the policy has nothing else', () => {
  assert.deepEqual(
    POLICY.Statement.map(({ Action }) => Action).sort(),
    REFUSED.map(({ action }) => action).sort(),
  );
  assert.ok(!covers(POLICY.Statement[0]!.Resource, 'arn:aws:lambda:eu-west-1:111111111111:function:another'));
});

test('Terraform takes the policy from the file', () => {
  const text = read('docs/iam/main.tf');
  assert.match(text, /policy\s+= file\("\$\{path\.module\}\/policy\.json"\)/);
  assert.ok(!text.includes('csinstancewatcher'), 'it repeats no statement');
});

/** As IAM compares resources. */
function covers(pattern: string, resource: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(resource);
}
