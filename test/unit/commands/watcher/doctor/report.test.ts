// How the checks are run and told: none of them keeps another from its result, and whatever they say is one line.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EnvironmentError } from '../../../../../src/aws/http-agents.ts';
import type { SignedHttp } from '../../../../../src/aws/signed-http.ts';
import { type Check, ok, problem, warning } from '../../../../../src/commands/watcher/doctor/check.ts';
import { CHECKS } from '../../../../../src/commands/watcher/doctor/checks.ts';
import { observeClock } from '../../../../../src/commands/watcher/doctor/observed-clock.ts';
import { toReport, toText } from '../../../../../src/commands/watcher/doctor/report.ts';
import { runChecks } from '../../../../../src/commands/watcher/doctor/run-checks.ts';
import type { Subject } from '../../../../../src/commands/watcher/doctor/subject.ts';

const BAKE = { isBake: true } as Subject;
const HOST = { isBake: false } as Subject;
const AMPLE = { hostMs: 1_000, awsMs: 1_000 };

function check(id: string, look: Check['look'], place: Check['place'] = 'host'): Check {
  return { id, title: id.toUpperCase(), place, look };
}

const fails = check('fails', () => {
  throw new Error('a mistake');
});
const hangs = check('hangs', () => new Promise(() => {}));
const misled = check('misled', async () => {
  throw new EnvironmentError('AWS_ENDPOINT_URL', 'is no URL');
});

describe('running checks', () => {
  it('every one has its result, whatever becomes of the others', async () => {
    const results = await runChecks([fails, hangs, misled, check('fine', () => ok('yes'))], HOST, {
      hostMs: 30,
      awsMs: 1,
    });
    assert.deepEqual(
      results.map(({ id, status, detail }) => [id, status, detail]),
      [
        ['fails', 'warning', 'could not be looked at: a mistake'],
        ['hangs', 'warning', 'nothing was found out: no answer within 30 ms'],
        ['misled', 'problem', 'AWS_ENDPOINT_URL: is no URL'],
        ['fine', 'ok', 'yes'],
      ],
    );
  });

  it('the host comes first, and the order of the table stays', async () => {
    const asked: string[] = [];
    const asking = (id: string, place: Check['place']) =>
      check(
        id,
        async () => {
          await new Promise(setImmediate);
          asked.push(id);
          return ok('yes');
        },
        place,
      );
    const results = await runChecks([asking('a', 'aws'), asking('b', 'host')], HOST, AMPLE);
    assert.deepEqual(asked, ['b', 'a']);
    assert.deepEqual(
      results.map(({ id }) => id),
      ['a', 'b'],
    );
  });

  it('an image build asks no AWS, and only it looks for what the builder leaves', async () => {
    const never = check('aws', () => assert.fail('asked'), 'aws');
    const image = check('image', () => ok('clean'), 'bake');
    const baking = await runChecks([never, image], BAKE, AMPLE);
    assert.deepEqual(
      baking.map(({ id, status }) => [id, status]),
      [
        ['aws', 'not-run'],
        ['image', 'ok'],
      ],
    );
    assert.deepEqual(await runChecks([image], HOST, AMPLE), []);
  });

  it('what was found is one line without anything that a terminal acts on', async () => {
    const [told] = await runChecks([check('x', () => problem('a\n\u001b[2Jb', 'c\u0007\nd'))], HOST, AMPLE);
    assert.deepEqual([told?.detail, told?.remedy], ['a [2Jb', 'c d']);
  });
});

describe('the report', () => {
  const results = [
    { id: 'a', title: 'first', ...ok('fine') },
    { id: 'b', title: 'the second', ...warning('odd', 'look') },
    { id: 'c', title: 'third', ...problem('bad', null) },
  ];

  it('as text', () => {
    assert.equal(
      toText(toReport(results, '1.0')),
      [
        'ok       first       fine',
        'WARNING  the second  odd',
        '         -> look',
        'PROBLEM  third       bad',
        '',
        'PROBLEM  third: bad',
        '1 ok, 1 warning, 1 problem, 0 not run',
        '',
      ].join('\n'),
    );
  });

  it('as JSON follows its schema, which refuses what is no report', () => {
    const path = join(import.meta.dirname, '../../../../../docs/schemas/doctor.schema.json');
    const isValid = new Ajv2020().compile(JSON.parse(readFileSync(path, 'utf8')) as object);
    const report = toReport(results, '1.0');
    assert.ok(isValid(report), JSON.stringify(isValid.errors));
    assert.deepEqual([report.problems, report.warnings], [1, 1]);
    for (const broken of [
      { ...report, version: 2 },
      { ...report, more: 1 },
      { ...report, checks: [{ ...results[0], status: 'fine' }] },
      { ...report, checks: [{ ...results[0], id: 'Not An Id' }] },
    ]) {
      assert.equal(isValid(broken), false, JSON.stringify(broken).slice(0, 80));
    }
  });

  it('of checks with names of their own', () => {
    assert.equal(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
    assert.equal(new Set(CHECKS.map(({ title }) => title)).size, CHECKS.length);
    for (const { id } of CHECKS) assert.match(id, /^[a-z][a-z0-9-]*$/);
  });
});

describe('the clock of the servers', () => {
  const at = (ms: number) => new Date(ms).toUTCString();
  const client = (dates: (string | undefined)[]): SignedHttp =>
    ({
      send: async () => ({ status: 200, headers: { date: dates.shift() }, body: Buffer.alloc(0) }),
    }) as unknown as SignedHttp;
  const request = (host: string, service: string) =>
    ({ url: new URL(`https://${host}/`), scope: { service, region: 'r' } }) as Parameters<
      SignedHttp['send']
    >[0];

  it('is that of the first answer that has a date, half a second on', async () => {
    const { http, first, lastHost } = observeClock(
      client([undefined, 'nonsense', at(90_000), at(0)]),
      () => 30_000,
    );
    for (const host of ['a', 'b', 'c', 'd']) await http.send(request(host, 'sts'), { timeoutMs: 1 });
    assert.deepEqual(first(), { aheadMs: 60_500, host: 'c' });
    assert.equal(lastHost(), null);
    await http.send(request('api', 'execute-api'), { timeoutMs: 1 });
    assert.equal(lastHost(), 'api');
  });

  it('is not known without', () => assert.equal(observeClock(client([])).first(), null));
});
