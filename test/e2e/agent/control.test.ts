// The control socket of the built agent as others script against it: every exchange is what the published schemas say.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LogLines } from '../../fixtures/log-lines.ts';
import { complaints, Scene, stopsAtOnce } from './scene.ts';
import { says } from './scripted-api.ts';

const SCHEMAS = resolve(import.meta.dirname, '../../../docs/schemas');
const LEASE = { kind: 'override', verdict: 'closed', reason: 'an exchange', seconds: 60 };

describe('the control socket', { concurrency: 2, timeout: 60_000 }, () => {
  it('speaks as its schema says', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start();
    await agent.log.waitFor('state-changed');

    const status = await read(await ask(scene, 'GET', '/v1/status'));
    assert.equal(status.status, 200);
    assertDescribed('status.schema.json', status.document);

    const early = await read(await ask(scene, 'GET', '/v1/drained?timeout=0.1'));
    assert.equal(early.status, 408);
    assertDescribed('control.schema.json#/$defs/drained', early.document);

    assertDescribed('control.schema.json#/$defs/leaseRequest', LEASE);
    const lease = await ask(scene, 'POST', '/v1/lease', LEASE);
    const lines = new LogLines(lease);
    const inForce = await lines.waitFor('in-force');
    assert.equal((inForce.effect as { refusing: boolean }).refusing, true);

    const second = await read(await ask(scene, 'POST', '/v1/lease', LEASE));
    assert.equal(second.status, 409);
    assertDescribed('control.schema.json#/$defs/refusal', second.document);

    const drained = await read(await ask(scene, 'GET', '/v1/drained'));
    assert.equal(drained.status, 200);
    assertDescribed('control.schema.json#/$defs/drained', drained.document);

    const end = await read(await ask(scene, 'DELETE', `/v1/lease/${inForce.id}`));
    assert.equal(end.status, 200);
    assertDescribed('control.schema.json#/$defs/leaseGivenBack', end.document);
    await lines.waitFor('ended');
    assert.equal(lines.lines.length, 2);
    for (const line of lines.lines) assertDescribed('control.schema.json#/$defs/leaseEvent', line);

    for (const [method, path, body] of [
      ['GET', '/', undefined],
      ['PUT', '/v1/status', undefined],
      ['POST', '/v1/lease', { ...LEASE, seconds: 0 }],
      ['POST', '/v1/lease', { ...LEASE, reason: 'x'.repeat(70_000) }],
    ] as const) {
      const refused = await read(await ask(scene, method, path, body));
      assert.ok(refused.status >= 400);
      assertDescribed('control.schema.json#/$defs/refusal', refused.document);
    }

    const metrics = await ask(scene, 'GET', '/metrics');
    assert.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.match(await text(metrics), /^# TYPE cs_instance_watcher_\w+ (gauge|counter|histogram)$/m);
  });

  it('keeps the agent from nothing, whatever is sent to it', async (t) => {
    const scene = await Scene.create(t);
    const agent = scene.start();
    await agent.log.waitFor('state-changed');
    const noise = [
      '',
      '\0'.repeat(100_000),
      'GET / HTTP/9.9\r\n\r\n',
      'POST /v1/lease HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    ];
    const idle = Array.from({ length: 100 }, (_, index) => {
      const socket = connect(scene.path('run/control.sock'));
      socket.on('error', () => {});
      socket.write(noise[index % noise.length]!);
      return socket;
    });
    await Promise.all(idle.map((socket) => socket.closed || once(socket, 'connect')));
    scene.api.reply = says('draining');
    await agent.log.waitFor('table-installed');
    assert.equal(await scene.hasTable(), true);
    // Those that ask nothing are ended, and there is room again.
    const endsAtMs = performance.now() + 15_000;
    for (let status = 0; status !== 200; ) {
      assert.ok(performance.now() < endsAtMs, 'no room in time');
      status = await ask(scene, 'GET', '/v1/status')
        .then(read, () => ({ status: 0 }))
        .then((answer) => answer.status);
    }
    for (const socket of idle) socket.destroy();
    assert.deepEqual(complaints(agent), []);
    await stopsAtOnce(agent);
  });
});

const ajv = new Ajv2020({ allowUnionTypes: true, allErrors: true });
for (const name of ['status.schema.json', 'control.schema.json'])
  ajv.addSchema(JSON.parse(readFileSync(resolve(SCHEMAS, name), 'utf8')) as object, name);

function assertDescribed(by: string, document: unknown): void {
  assert.ok(ajv.validate(by, document), `${JSON.stringify(document)}: ${ajv.errorsText()}`);
}

function ask(scene: Scene, method: string, path: string, body?: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const socketPath = scene.path('run/control.sock');
    const outgoing = httpRequest({ socketPath, method, path, agent: false }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function read(response: IncomingMessage): Promise<{ status: number; document: unknown }> {
  return { status: response.statusCode ?? 0, document: JSON.parse(await text(response)) };
}
