// `cs-interact fleet` and `metadata`: what instances are shown as, and a status that is watched.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run, runAgainst, type Script } from './scripted-api.ts';

const flat = {
  InstanceId: 'i-0aa',
  InstanceName: 'web-1',
  InstanceType: 't3.small',
  AvailabilityZone: 'eu-west-1a',
  LocatedInAZWithIssues: false,
  State: 'draining',
  Status: 'ok',
  SubfleetName: null,
  SpotInstance: true,
  SpotDetails: { InterruptedAt: null, RebalanceRecommendedAt: '2026-01-01 10:00:00+00:00' },
  Tags: [{ Key: 'Name', Value: 'web-1' }],
  TargetGroups: { NbOfTargetGroups: 0, Arns: [] },
};
const nested = {
  LocatedInAZWithIssues: false,
  Instance: { AvailabilityZone: 'eu-west-1a', State: 'running', Status: 'ok', Tags: [] },
};

function status(serving: number): string {
  const AutoscaledFleet = {
    ManagedFleetSize: 20,
    MaximumFleetSize: 20,
    UnhealthyFleetSize: 0,
    RunningFleetSize: 17,
    ServingFleetSize: serving,
    ServingFleet_vs_MaximumFleetSizePourcentage: serving * 5,
    ServingFleet_vs_ManagedFleetSizePourcentage: serving * 5,
  };
  return JSON.stringify({ EC2: { AutoscaledFleet, Subfleets: [] } });
}

describe('fleet list', () => {
  it('shows a person one line an instance', async () => {
    const script = { 'GET fleet/metadata': JSON.stringify([flat]) };
    const { stdout } = await runAgainst(script, ['fleet', 'list'], { isTerminal: true });
    assert.deepEqual(stdout.split('\n'), [
      'INSTANCE  STATE     STATUS  ZONE        TYPE      SPOT  SUBFLEET  NAME',
      'i-0aa     draining  ok      eu-west-1a  t3.small  yes   -         web-1',
    ]);
  });

  it('asks the oldest API by the name that it knows', async () => {
    const script = { 'GET allmetadatas': JSON.stringify({ 'i-0bb': nested }) };
    const { status: exit, stdout, asked } = await runAgainst(script, ['fleet', 'list']);
    assert.equal(exit, 0);
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['fleet/metadata', 'allmetadatas'],
    );
    assert.equal(JSON.parse(stdout)[0].instanceId, 'i-0bb');
  });
});

describe('metadata', () => {
  it('is the model for a program, and as it came with --raw', async () => {
    const script = { 'GET metadata': JSON.stringify(flat) };
    const { stdout } = await runAgainst(script, ['metadata']);
    assert.equal(JSON.parse(stdout).state, 'draining');
    const raw = await runAgainst(script, ['metadata', '--raw'], { isTerminal: true });
    assert.equal(raw.stdout, JSON.stringify(flat));
  });

  it('is properties for a person', async () => {
    const script = { 'GET metadata': JSON.stringify(flat) };
    const { stdout } = await runAgainst(script, ['metadata'], { isTerminal: true });
    assert.match(stdout, /^instance +i-0aa\nname +web-1\nstate +draining\n/);
    assert.match(stdout, /\ntag Name +web-1$/);
  });

  it('says that it is not for operators', async () => {
    const stranger = { status: 500, body: "Can't process metadata caller 'AIDA1'!" };
    const { stderr } = await runAgainst({ 'GET metadata': stranger }, ['metadata', '--instance-id', 'i-0aa']);
    assert.match(stderr, /these credentials are not an instance's: cs-interact fleet list tells/);
    const help = await run(['metadata', '--help']);
    assert.match(
      help.stdout,
      /Only an instance is answered; for operators there is cs-interact fleet list\./,
    );
  });

  it('does not take another instance for the one asked about', async () => {
    const script = { 'GET metadata': JSON.stringify({ InstanceId: 'i-0bb', ...nested }) };
    const { status: exit, stdout, stderr } = await runAgainst(script, ['metadata', '--instance-id', 'i-0aa']);
    assert.deepEqual([exit, stdout], [1, '']);
    assert.match(stderr, /answered for i-0bb in place of i-0aa/);
  });
});

describe('fleet status', () => {
  it('shows a person the counts', async () => {
    const { stdout } = await runAgainst({ 'GET fleet/status': status(17) }, ['fleet', 'status'], {
      isTerminal: true,
    });
    assert.match(
      stdout,
      /^managed +20\nmaximum +20\n.*\nserving of maximum +85 %\nserving of managed +85 %$/s,
    );
  });

  it('prints one line a change while it is watched, goes on over failures, and ends with 0', async () => {
    const unavailable = { status: 503, body: '{"message": "Service Unavailable"}' };
    // Three attempts are one failure.
    const failures = Array(3).fill(unavailable);
    const script: Script = { 'GET fleet/status': [status(17), status(17), ...failures, status(18)] };
    const ending = new AbortController();
    const lines: string[] = [];
    const { status: exit, stderr } = await runAgainst(script, ['fleet', 'status', '--watch', '1'], {
      signal: ending.signal,
      onPrint: (line) => {
        lines.push(line);
        if (lines.length === 2) ending.abort();
      },
    });
    assert.equal(exit, 0);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).autoscaled.serving),
      [17, 18],
    );
    assert.equal(stderr.split('\n').length, 1);
    assert.match(stderr, /Service Unavailable/);
  });

  it('is drawn over the picture before on a terminal', async () => {
    const ending = new AbortController();
    const { status: exit, stdout } = await runAgainst(
      { 'GET fleet/status': status(17) },
      ['fleet', 'status', '--watch'],
      { isTerminal: true, signal: ending.signal, onPrint: () => ending.abort() },
    );
    assert.equal(exit, 0);
    assert.ok(stdout.startsWith('\x1b[Hfleet status, every 5 s, at '));
    assert.ok(stdout.endsWith('\x1b[J'));
  });

  it('ends when asking again would be of no use', async () => {
    const refused = { status: 403, body: '{"message": "Missing Authentication Token"}' };
    const { status: exit, stderr } = await runAgainst({ 'GET fleet/status': refused }, [
      'fleet',
      'status',
      '--watch',
    ]);
    assert.equal(exit, 1);
    assert.match(stderr, /Missing Authentication Token/);
  });
});
