// What goes by the queue, and what may go either way.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runAgainst, type Script } from './scripted-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'cs-queue-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const queuePath = '/111111111111/CloneSquad-Interact-test';
const script: Script = {
  'GET discovery': JSON.stringify({ discovery: { InteractQueue: `ORIGIN${queuePath}` }, identity: {} }),
  [`POST ${queuePath}`]: { body: accepted },
  'GET control/reschedulenow': 'On-demand rescheduling request acknowledged.',
  'GET backup': 'Exported Configuration/Scheduler backups and metadata to s3://bucket.',
};

function accepted(requestBody: string): string {
  const message = new URLSearchParams(requestBody).get('MessageBody') ?? '';
  const md5 = createHash('md5').update(message).digest('hex');
  const result = `<MessageId>m-1</MessageId><MD5OfMessageBody>${md5}</MD5OfMessageBody>`;
  return `<SendMessageResponse><SendMessageResult>${result}</SendMessageResult></SendMessageResponse>`;
}

async function messagesOf(args: readonly string[], input?: string) {
  const outcome = await runAgainst(script, args, input === undefined ? {} : { input });
  const sent = outcome.asked.filter(({ path }) => path === queuePath);
  const messages = sent.map(({ body }) => JSON.parse(new URLSearchParams(body).get('MessageBody') ?? ''));
  return { ...outcome, messages };
}

const first = '2020-11-17 10:50:59.462776+00:00';
const second = '2020-11-17 10:51:00+00:00';
const notification = JSON.stringify({
  Date: second,
  Metadata: { ApiGWUrl: 'https://api.example/v1/' },
  Events: [
    { EventDate: first, EventType: 'a' },
    { EventDate: second, EventType: 'b' },
  ],
});

const queued: Readonly<Record<string, readonly [args: string[], message: object]>> = {
  'ack-event': [['ack-event', first, second, first], { OpType: 'notify/ackevent', Events: [first, second] }],
  'ack-event --queue, as there is no other way': [
    ['ack-event', first, '--queue'],
    { OpType: 'notify/ackevent', Events: [first] },
  ],
  'report --queue': [['report', '--queue'], { OpType: 'Debug/PublishReportNow' }],
  report: [['report'], { OpType: 'Debug/PublishReportNow' }],
  'reschedule --queue': [['reschedule', '--queue'], { OpType: 'control/reschedulenow' }],
  'reschedule --queue --delay': [
    ['reschedule', '--queue', '--delay', '2m'],
    { OpType: 'control/reschedulenow', delay: 120 },
  ],
  'backup --queue': [['backup', '--queue'], { OpType: 'backup' }],
};

describe('what goes by the queue', () => {
  for (const [name, [args, message]] of Object.entries(queued)) {
    it(name, async () => {
      const { status, stderr, stdout, messages } = await messagesOf(args);
      assert.deepEqual([status, stderr, messages], [0, '', [message]]);
      assert.equal(JSON.parse(stdout).messageId, 'm-1');
    });

    it(`${name}, the answer as it came`, async () => {
      const { stdout, asked } = await messagesOf([...args, '--raw']);
      assert.equal(stdout, accepted(asked.find(({ path }) => path === queuePath)!.body));
    });
  }

  it('doubts a date that is not written as CloneSquad writes it', async () => {
    const { status, stderr, messages } = await messagesOf(['ack-event', '2020-11-17T10:50:59Z']);
    assert.deepEqual([status, messages.length], [0, 1]);
    assert.match(
      stderr,
      /^ack-event: 2020-11-17T10:50:59Z: events are known by their EventDate letter by letter/,
    );
  });

  it('takes the dates of events from a notification, in a file or piped in', async () => {
    const path = join(directory, 'notification.json');
    writeFileSync(path, notification);
    for (const [file, input] of [[path], ['-', notification]] as const) {
      const { messages } = await messagesOf(['ack-event', '--from', file], input);
      assert.deepEqual(messages, [{ OpType: 'notify/ackevent', Events: [first, second] }]);
    }
  });

  const refused: Readonly<Record<string, readonly [args: string[], input: string, words: RegExp]>> = {
    'what is no date': [
      ['ack-event', '2020'],
      '',
      /^ack-event: "2020": not the date of an event, such as "2020-11-17 /,
    ],
    'no date': [['ack-event'], '', /give the dates of events, or --from/],
    'a file of something else': [
      ['ack-event', '--from', '-'],
      '{"Events": "x"}',
      /not a notification of CloneSquad/,
    ],
    'a file that is no JSON': [['ack-event', '--from', '-'], 'Events:', /not a notification of CloneSquad/],
    'a delay that SQS refuses': [['reschedule', '--delay', '16m'], '', /at most 15m/],
    'a delay that is no duration': [['reschedule', '--delay', 'soon'], '', /--delay .*is no duration/],
  };
  for (const [name, [args, input, words]] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const { status, stderr, asked } = await messagesOf(args, input);
      assert.deepEqual([status, asked], [2, []]);
      assert.match(stderr, words);
    });
  }
});

describe('what goes over the API', () => {
  it('reschedule, with a delay in seconds', async () => {
    const { status, stdout, asked } = await runAgainst(script, ['reschedule', '--delay', '1m']);
    assert.deepEqual([status, stdout], [0, 'On-demand rescheduling request acknowledged.']);
    assert.deepEqual([asked.length, asked[0]?.query], [1, { delay: '60' }]);
  });

  it('backup', async () => {
    const { status, stdout, asked } = await runAgainst(script, ['backup']);
    assert.deepEqual([status, asked.length], [0, 1]);
    assert.match(stdout, /^Exported /);
  });
});
