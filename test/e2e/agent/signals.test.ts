// The other reasons to drain, with AWS around the agent: what EC2 and Auto Scaling announce, and what not knowing means.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AwsScene } from './aws-scene.ts';

const SPOT = { action: 'terminate', time: '2026-11-22T10:00:00Z' } as const;

describe('other reasons to drain', { concurrency: 3, timeout: 90_000 }, () => {
  it('are off unless asked for: nothing is even read', async (t) => {
    const aws = await AwsScene.create(t, {
      state: { signals: { spotInterruption: SPOT, targetLifecycleState: 'Terminated' } },
    });
    const agent = aws.start();
    await agent.log.waitFor('state-changed');
    await aws.api.further(2);
    assert.equal(await aws.scene.hasTable(), false);
    assert.equal(aws.asked('imds GET meta-data/spot/instance-action'), 0);
    assert.equal(aws.asked('imds GET meta-data/autoscaling/target-lifecycle-state'), 0);
  });

  it('a Spot notice drains as draining with its reason, holds through silence, and ends when it is taken back', async (t) => {
    const aws = await AwsScene.create(t);
    aws.scene.script('draining', '10-say', 'echo "$1 $2 $CS_REASON"');
    aws.scene.script('running', '10-say', 'echo "$1 $2 $CS_REASON"');
    const agent = aws.start(['--drain-on', 'spot-interruption']);
    await agent.log.waitFor('state-changed');
    await aws.api.further(2);
    aws.sandbox.change({ signals: { spotInterruption: SPOT } });
    const refusing = await agent.log.waitFor('refusing');
    assert.deepEqual(refusing.reasons, ['spot-interruption terminate at 2026-11-22T10:00:00Z']);
    await agent.log.waitFor('table-installed');
    await agent.log.waitFor(({ message }) =>
      Boolean(
        message?.endsWith('10-say: draining running spot-interruption:terminate at 2026-11-22T10:00:00Z'),
      ),
    );
    const reconnect = aws.cutMetadata();
    await aws.api.further(3);
    assert.equal(await aws.scene.hasTable(), true);
    reconnect();
    aws.sandbox.change({ signals: { spotInterruption: null } });
    await agent.log.waitFor('table-removed');
    await agent.log.waitFor(({ message }) => Boolean(message?.endsWith('10-say: running draining ')));
  });

  it('every source that is asked for counts; the drain ends when none holds', async (t) => {
    const aws = await AwsScene.create(t, {
      state: {
        signals: { rebalanceNoticeTime: '2026-11-22T09:00:00Z', targetLifecycleState: 'InService' },
      },
    });
    const agent = aws.start(['--drain-on']);
    await agent.log.waitFor('table-installed');
    aws.sandbox.change({ signals: { targetLifecycleState: 'Terminated' } });
    await agent.log.waitFor(
      ({ event, reasons }) => event === 'refusing' && (reasons as string[]).length === 2,
    );
    aws.sandbox.change({ signals: { rebalanceNoticeTime: null } });
    await agent.log.waitFor(
      ({ event, reasons }) => event === 'refusing' && String(reasons) === 'auto-scaling Terminated',
    );
    assert.deepEqual(agent.log.of('table-removed'), []);
    aws.sandbox.change({ signals: { targetLifecycleState: 'InService' } });
    await agent.log.waitFor('table-removed');
  });
});
