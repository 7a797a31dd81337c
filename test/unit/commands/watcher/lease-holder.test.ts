// Who says to hold a lease: a name that the agent takes, whatever the environment has.
import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { leaseHolder } from '../../../../src/commands/watcher/lease-holder.ts';
import { parseLeaseRequest } from '../../../../src/watcher/control/protocol.ts';

const people: readonly (readonly [sudoUser: string | undefined, user: string])[] = [
  [undefined, userInfo().username],
  ['alice', 'alice'],
  ['', userInfo().username],
  ['a b\n', userInfo().username],
];
for (const [sudoUser, user] of people) {
  test(`SUDO_USER ${JSON.stringify(sudoUser)}`, () => {
    const holder = leaseHolder({ SUDO_USER: sudoUser });
    assert.deepEqual([holder.pid, holder.user], [process.pid, user]);
    const request = { kind: 'simulation', state: 'draining', seconds: 1, holder } as const;
    assert.deepEqual(parseLeaseRequest(JSON.stringify(request)), request);
  });
}
