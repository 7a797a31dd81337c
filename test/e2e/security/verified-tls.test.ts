// Whoever answers in the API's place without a certificate for its name that is trusted is told nothing, and nothing it says
// counts: with NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment too.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { INSTANCE_ID, INTERACT, REGION } from '../../fixtures/programs.ts';
import { type Certificate, SecureFront, trustBundle } from '../../torture/api/secure-front.ts';
import { CREDENTIALS, portArguments, Scene } from '../agent/scene.ts';
import { says } from '../agent/scripted-api.ts';

const IGNORED = /NODE_TLS_REJECT_UNAUTHORIZED in the environment: ignored, certificates are always verified/;

interface Case {
  readonly what: string;
  readonly shown: Certificate;
  /** Whether the certificate's own authority is trusted. */
  readonly isTrusted: boolean;
  readonly line: RegExp;
}

const CASES: readonly Case[] = [
  { what: 'self-signed', shown: 'valid', isTrusted: false, line: /self-signed certificate/ },
  { what: 'expired', shown: 'expired', isTrusted: true, line: /certificate has expired/ },
  { what: "another host's", shown: 'other-host', isTrusted: true, line: /altnames|api\.test/ },
];

interface Place {
  readonly scene: Scene;
  readonly front: SecureFront;
  readonly env: Readonly<Record<string, string>>;
}

/** An API behind TLS that says `draining` to whoever believes it. */
async function place(t: TestContext, shown: Certificate, isTrusted: boolean): Promise<Place> {
  const scene = await Scene.create(t, 1);
  const front = new SecureFront(scene.listeners[0]!, says('draining'));
  t.after(() => front.close());
  front.show(shown);
  const bundle = scene.path('authorities.pem');
  writeFileSync(bundle, trustBundle());
  const env = { ...CREDENTIALS, ...(isTrusted ? { AWS_CA_BUNDLE: bundle } : {}) };
  return { scene, front, env };
}

/** The certificate's name leads to the front; the namespace has no name server. */
const hosts = (scene: Scene): readonly string[] => {
  const path = scene.path('hosts');
  writeFileSync(path, '127.0.0.1 api.test localhost\n');
  return ['unshare', '--mount', 'sh', '-c', `mount --bind ${path} /etc/hosts && exec "$@"`, 'sh'];
};

describe('the API is who it says it is', { concurrency: 3, timeout: 180_000 }, () => {
  for (const { what, shown, isTrusted, line } of CASES) {
    for (const off of [false, true]) {
      it(`the agent refuses a certificate that is ${what}${off ? ', verification "off"' : ''}`, async (t) => {
        const { scene, front, env } = await place(t, shown, isTrusted);
        const api = ['--api-url', front.url, '--instance-id', INSTANCE_ID, '--region', REGION];
        // For a poll's longest deadline: a busy machine's handshake must not be taken for a silent API.
        const agent = scene.startWith([...api, '--api-polling-period', '10', ...portArguments()], {
          env: { ...env, ...(off ? { NODE_TLS_REJECT_UNAUTHORIZED: '0' } : {}) },
          wrapper: hosts(scene),
        });
        const { message } = await agent.log.waitFor('hold-began');
        assert.match(String(message), line);
        assert.equal(await agent.stop(), 0, agent.log.text());
        assert.equal(front.requests, 0, 'something was sent');
        assert.ok(front.connections > 0);
        assert.equal(await scene.hasTable(), false);
        const told = agent.log.lines.filter((each) => /NODE_TLS/.test(String(each.message)));
        assert.equal(told.length, off ? 1 : 0, agent.log.text());
        if (off) assert.match(String(told[0]!.message), IGNORED);
        // Nothing of Node's own among the lines.
        assert.ok(
          agent.log.lines.every(({ level }) => level !== undefined),
          agent.log.text(),
        );
      });
    }
  }

  it('the agent believes one that is for its name, of an authority that is trusted', async (t) => {
    const { scene, front, env } = await place(t, 'valid', true);
    const api = ['--api-url', front.url, '--instance-id', INSTANCE_ID, '--region', REGION];
    const agent = scene.startWith([...api, ...portArguments()], { env, wrapper: hosts(scene) });
    await agent.log.waitFor('table-installed');
    assert.equal(await agent.stop(), 0);
  });

  it('cs-interact refuses them alike', async (t) => {
    const { scene, front, env } = await place(t, 'valid', false);
    const [wrapper, ...words] = hosts(scene);
    for (const { shown, isTrusted, line } of CASES) {
      front.show(shown);
      const authorities = isTrusted ? { AWS_CA_BUNDLE: scene.path('authorities.pem') } : {};
      const { status, stdout, stderr } = await scene.try(
        wrapper!,
        [...words, INTERACT, 'metadata', '--api-url', front.url, '--region', REGION],
        { ...env, ...authorities, AWS_EC2_METADATA_DISABLED: 'true', NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      );
      assert.deepEqual([status, stdout], [1, ''], stderr);
      const [first, second, ...more] = stderr.trimEnd().split('\n');
      assert.match(first!, IGNORED);
      assert.match(second!, line);
      assert.deepEqual(more, []);
    }
    assert.equal(front.requests, 0);
  });
});
