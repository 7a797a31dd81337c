// What to do about a refusal by policy, as far as its words are followed by others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceOnPolicyRefusal } from '../../../../src/interaction/client/policy-refusal.ts';

const USER = 'arn:aws:sts::111111111111:assumed-role/web/i-1';
const RESOURCE = 'arn:aws:execute-api:eu-west-1:********1111:api/v1/GET/metadata';

for (const rest of [
  '',
  ': check it',
  '. Ask for it',
  ' because no identity-based policy allows it',
  ', too',
]) {
  test(`the resource ends before what follows it: ${JSON.stringify(rest)}`, () => {
    const said = `User: ${USER} is not authorized to perform: execute-api:Invoke on resource: ${RESOURCE}${rest}`;
    assert.equal(
      adviceOnPolicyRefusal(said, { action: 'execute-api:Invoke', resource: 'another' }),
      'add to a policy of role web: {"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:eu-west-1:111111111111:api/v1/GET/metadata"}',
    );
  });
}
