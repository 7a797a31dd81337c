// The main job, shown: an instance drains behind a real HAProxy, and nobody who was connected notices.
// Started by scripts/demo; everything happens in private network namespaces. Exits 1 when a promise was not kept.
import type { LogLine, LogLines } from '../fixtures/log-lines.ts';
import {
  type AgentProcess,
  type ApiProcess,
  askEverySecond,
  KEY,
  temporaryDirectory,
} from '../fixtures/programs.ts';
import type { Knock, Target } from './client-protocol.ts';
import { type Observation, Screen } from './screen.ts';
import { A_V6, ADDRESSES, PUBLISHED_PORT, Stage, WEB_PORT } from './stage.ts';
import { Traffic } from './traffic.ts';

const REQUESTS_PER_SECOND = 100;
/** The client's own word for a new connection is how long it took to be refused; a health check waits longer. */
const REFUSED_WITHIN_MS = 100;

const TARGETS: readonly Target[] = [
  { label: 'IPv4', host: ADDRESSES.a, port: WEB_PORT },
  { label: 'IPv6', host: A_V6, port: WEB_PORT },
  { label: 'published', host: ADDRESSES.a, port: PUBLISHED_PORT },
];

const screen = new Screen();
const observations: Observation[] = [];
const observe = (promise: string, kept: boolean, observed: string): void =>
  void observations.push({ promise, observed, kept });

/** What was started is ended in the opposite order, also when the demo is interrupted: no process and no namespace is left. */
const ends: (() => unknown)[] = [];
function atEnd(end: () => unknown): void {
  ends.push(end);
}

async function main(): Promise<boolean> {
  const directory = temporaryDirectory();
  atEnd(directory.close);
  const stage = new Stage(directory.path);
  atEnd(() => stage.close());
  screen.chapter('The stage');
  await stage.build();
  await Promise.all([
    stage.serveWeb('a', 'a', WEB_PORT),
    stage.serveWeb('b', 'b', WEB_PORT),
    stage.serveWeb('container', 'a', 80),
  ]);
  screen.line(
    'network',
    'two instances, a load balancer, an Interaction API and a client, each in a namespace of its own',
  );
  const client = stage.startClient();
  await openBeforeTracking(stage, client);
  await stage.publish();
  stage.tellClient({ do: 'hold', name: 'published', target: TARGETS[2] as Target });
  await client.waitFor('held', 2);
  screen.line(
    'client',
    `a connection through a port published for a container: ${ADDRESSES.a}:${PUBLISHED_PORT}`,
  );
  screen.line('balancer', `${await stage.startBalancer()}, connection reuse on`);
  const api = await stage.startApi();
  atEnd(api.kill);
  const agent = stage.startAgent(
    [
      ...askEverySecond(api),
      '--on-draining-block-new-connections-to-ports',
      String(WEB_PORT),
      String(PUBLISHED_PORT),
    ],
    KEY,
  );
  atEnd(agent.kill);
  showAgent(agent.log);
  await agent.log.waitFor((line) => line.event === 'state-changed' && line.to === 'running');
  const traffic = new Traffic(client, screen);
  await serveBoth(stage, traffic);
  await drain(stage, client, api, agent, traffic);
  await reopen(stage, client, agent, traffic);
  observe(
    'requests through the balancer never fail',
    traffic.total.failed === 0,
    `${traffic.total.failed} failed of ${traffic.sent()}`,
  );
  return screen.verdict(observations);
}

async function openBeforeTracking(stage: Stage, client: LogLines): Promise<void> {
  stage.tellClient({ do: 'download', url: `http://${ADDRESSES.a}:${WEB_PORT}/download` });
  stage.tellClient({ do: 'hold', name: 'idle', target: TARGETS[0] as Target });
  await client.waitFor('download-began');
  await client.waitFor('held');
  const tracked = (
    await stage.in('a').shell('cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null || echo 0')
  ).trim();
  screen.line(
    'client',
    `a long download and an idle keep-alive to instance A; the kernel there tracks ${tracked} connections`,
  );
}

async function serveBoth(stage: Stage, traffic: Traffic): Promise<void> {
  screen.chapter('Both instances serve');
  stage.tellClient({ do: 'load', url: `http://${ADDRESSES.balancer}/`, perSecond: REQUESTS_PER_SECOND });
  const before = await traffic.watch(3_000);
  observe(
    'both instances serve before the drain',
    before.a > 0 && before.b > 0,
    `A ${before.a}, B ${before.b} requests`,
  );
}

async function drain(
  stage: Stage,
  client: LogLines,
  api: ApiProcess,
  agent: AgentProcess,
  traffic: Traffic,
): Promise<void> {
  screen.chapter('Instance A is told to drain');
  screen.line('operator', 'cs-interact state set <instance A> draining');
  await api.setState('draining');
  await agent.log.waitFor('table-installed');
  screen.line('kernel', 'the rule: only a SYN, the first packet of a new connection, is answered with a RST');
  screen.quote(await stage.in('a').run('nft', ['list', 'table', 'inet', 'cs-instance-watcher']));
  await refuseNew(stage, client, 'new connections are refused with a RST');
  await traffic.watch(2_000);
  await askHeld(stage, client, 'during the drain');
  const moved = await traffic.watch(2_000);
  observe('requests move to B', moved.a === 0 && moved.b > 0, `A ${moved.a}, B ${moved.b} requests`);

  screen.chapter('Somebody flushes the ruleset, and the API goes away');
  await stage.in('a').run('nft', ['flush', 'ruleset']);
  screen.line('operator', 'nft flush ruleset, on instance A');
  await refuseNew(stage, client, 'they stay refused after nft flush ruleset', TARGETS.slice(0, 2));
  await stage.publish();
  await api.kill();
  await agent.log.waitFor('hold-began');
  await traffic.watch(2_000);
  await refuseNew(stage, client, 'not knowing changes nothing: the API is down');

  screen.chapter('The connections end by themselves');
  await askHeld(stage, client, 'while the API is down');
  for (const name of ['idle', 'published']) stage.tellClient({ do: 'release', name });
  screen.line('client', 'closes its idle connections');
  const download = await client.waitFor('download-ended', 0, 30_000);
  screen.line(
    'client',
    `the download has ended: ${download.whole === true ? 'every byte arrived' : 'BROKEN'}`,
  );
  observe('a download begun before goes on to its end', download.whole === true, '2,949,120 bytes compared');
  const drained = await agent.log.waitFor('drained', 0, 20_000).catch(() => null);
  if (drained === null) screen.quote(await stage.in('a').run('ss', ['-tnp']));
  observe(
    'the drain is known to be complete',
    drained !== null,
    drained === null ? 'not within 20 s' : 'no connection left, counted twice',
  );
}

async function reopen(stage: Stage, client: LogLines, agent: AgentProcess, traffic: Traffic): Promise<void> {
  screen.chapter('Instance A comes back');
  const again = await stage.startApi();
  atEnd(again.kill);
  screen.line('operator', 'starts the API again; cs-interact state set <instance A> running');
  await again.setState('running');
  await agent.log.waitFor('table-removed');
  const after = await traffic.watch(3_000);
  observe('A serves again', after.a > 0, `A ${after.a}, B ${after.b} requests`);
  const left = await stage.in('a').run('nft', ['list', 'tables']);
  observe(
    'nothing of ours is left in the firewall',
    !left.includes('cs-instance-watcher'),
    `only the stage's own ${left.trim().replaceAll('\n', ', ')}`,
  );
  const knocks = await knockAll(stage, client, TARGETS);
  observe(
    'new connections are accepted again',
    knocks.every(({ outcome }) => outcome === 'accepted'),
    describe(knocks),
  );
}

async function refuseNew(stage: Stage, client: LogLines, promise: string, targets = TARGETS): Promise<void> {
  const knocks = await knockAll(stage, client, targets);
  const kept = knocks.every(({ outcome, ms }) => outcome === 'refused' && ms < REFUSED_WITHIN_MS);
  screen.line('client', `new connections: ${describe(knocks)}`);
  observe(promise, kept, describe(knocks));
}

async function knockAll(
  stage: Stage,
  client: LogLines,
  targets: readonly Target[],
): Promise<readonly Knock[]> {
  const from = client.lines.length;
  stage.tellClient({ do: 'knock', targets });
  return (await client.waitFor('knocked', from)).knocks as readonly Knock[];
}

async function askHeld(stage: Stage, client: LogLines, when: string): Promise<void> {
  for (const name of ['idle', 'published']) {
    const from = client.lines.length;
    stage.tellClient({ do: 'ask', name });
    const answer = await client
      .waitFor((line: LogLine) => line.event === 'answered' && line.name === name, from)
      .catch(() => null);
    const ok = answer?.ok === true;
    screen.line(
      'client',
      `the ${name === 'idle' ? 'idle keep-alive' : 'connection to the published port'} ${ok ? 'answers' : 'IS DEAD'}`,
    );
    observe(`an open connection lives on ${when} (${name})`, ok, ok ? 'answered a request' : 'no answer');
  }
}

function describe(knocks: readonly Knock[]): string {
  return knocks
    .map(({ target, outcome, ms }) => `${target.label} ${outcome} in ${ms.toFixed(1)} ms`)
    .join(', ');
}

/** The agent's own words, as it says them. */
function showAgent(log: LogLines): void {
  let shown = 0;
  const timer = setInterval(() => {
    for (const line of log.lines.slice(shown)) {
      shown += 1;
      const isTold = line.level !== 'debug' || line.event === 'connections';
      if (isTold && line.message !== undefined) screen.line('agent A', line.message);
    }
  }, 20);
  timer.unref();
}

async function leave(status: number): Promise<never> {
  for (const end of ends.splice(0).reverse()) await end();
  process.exit(status);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave(1));
main().then(
  (kept) => leave(kept ? 0 : 1),
  (error: Error) => {
    process.stderr.write(`demo: ${error.message}\n`);
    return leave(1);
  },
);
