// Clients of a balancer: each keeps its connection and sends a request every 100 ms, a fourth of them with a body that must not be
// sent twice. What became of them is told four times a second.
import { Agent, request } from 'node:http';

const [host = '', port = '80', clients = '20'] = process.argv.slice(2);
const PERIOD_MS = 100;
const GIVE_UP_MS = 10_000;

export interface Tally {
  readonly answered: number;
  /** What became of those that were not answered by 200. */
  readonly failures: readonly string[];
  readonly slowestMs: number;
  /** Answers by application, since the last tally. */
  readonly recent: Readonly<Record<string, number>>;
}

let answered = 0;
let slowestMs = 0;
let recent: Record<string, number> = {};
const failures: string[] = [];
let pending = 0;
let isEnding = false;

function send(agent: Agent, method: 'GET' | 'POST'): void {
  const beganMs = performance.now();
  pending += 1;
  const done = (failure: string | null, by = ''): void => {
    pending -= 1;
    const tookMs = performance.now() - beganMs;
    slowestMs = Math.max(slowestMs, tookMs);
    if (failure === null) {
      answered += 1;
      recent[by] = (recent[by] ?? 0) + 1;
    } else failures.push(`${method} after ${Math.round(tookMs)} ms: ${failure}`);
    if (isEnding && pending === 0) tell();
  };
  const signal = AbortSignal.timeout(GIVE_UP_MS);
  const asked = request({ host, port, method, path: '/', agent, signal }, (response) => {
    response.resume();
    response.on('end', () => {
      const isGood = response.statusCode === 200 && response.complete;
      done(isGood ? null : `status ${response.statusCode}`, String(response.headers['x-server']));
    });
    response.on('error', (error) => done(error.message));
  });
  asked.on('error', (error) => done(error.message));
  asked.end(method === 'POST' ? 'once' : undefined);
}

function tell(): void {
  process.send?.({ answered, failures, slowestMs, recent } satisfies Tally);
  recent = {};
}

const timers = new Map<number, NodeJS.Timeout>();
for (let client = 0; client < Number(clients); client += 1) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // Not all at a time.
  const periodMs = PERIOD_MS + (client % 10);
  let dueMs = performance.now() + periodMs;
  let sent = client;
  const sendDue = (): void => {
    // Those that this program is late for too: however busy the machine, as many are sent.
    for (; dueMs <= performance.now(); dueMs += periodMs) {
      send(agent, sent % 4 === 0 ? 'POST' : 'GET');
      sent += 1;
    }
    timers.set(client, setTimeout(sendDue, Math.max(0, dueMs - performance.now())));
  };
  sendDue();
}
const telling = setInterval(tell, 250);

process.on('message', () => {
  isEnding = true;
  for (const timer of timers.values()) clearTimeout(timer);
  clearInterval(telling);
  if (pending === 0) tell();
});
process.on('disconnect', () => process.exit());
