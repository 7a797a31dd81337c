// An Interaction API that answers what a test tells it and remembers what it was asked, and `cs-interact` run against it in
// this process.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CommandContext } from '../../../../src/commands/interact/command-context.ts';
import { runInteract } from '../../../../src/commands/interact/program.ts';

/** The names of the latest API's operations that tests need it to list. */
export const latestListing = 'backup\nconfiguration\nmetadata';
export const oldListing = 'allmetadatas\nconfiguration\nmetadata';

export interface Asked {
  readonly method: string;
  /** Behind the stage, as sent. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Scripted {
  readonly status?: number;
  readonly body: string | ((requestBody: string) => string);
}

/** Answers by `METHOD path`, in which ORIGIN stands for where the API is; an array is answered in its order, its last member for ever. */
export type Script = Readonly<Record<string, string | Scripted | readonly (string | Scripted)[]>>;

export interface ScriptedApi {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

export async function startScriptedApi(script: Script): Promise<ScriptedApi> {
  const asked: Asked[] = [];
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://api.example');
      const path = pathname.replace(/^\/v1\//, '');
      const name = `${request.method} ${path}`;
      asked.push({ method: request.method ?? '', path, query: Object.fromEntries(searchParams), body });
      const found = script[name] ?? { status: 404, body: `Unknown command '${path}'` };
      const answers = Array.isArray(found) ? found : [found];
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      const answer = answers[Math.min(count, answers.length - 1)] as string | Scripted;
      const { status = 200, body: text } = typeof answer === 'string' ? { body: answer } : answer;
      const written = (typeof text === 'string' ? text : text(body)).replaceAll(
        'ORIGIN',
        `http://${request.headers.host}`,
      );
      response.writeHead(status, { 'content-type': 'application/json' }).end(written);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`,
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The questions that were put. */
  readonly questions: readonly string[];
}

export interface RunOptions {
  readonly isTerminal?: boolean;
  /** What is piped in. */
  readonly input?: string;
  /** What a person at the terminal types; without, there is none. */
  readonly answer?: string;
  readonly signal?: AbortSignal;
  /** Sees each printed text. */
  readonly onPrint?: (text: string) => void;
}

/** Runs one command line with a key in the environment. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  // The SDK's chain reads the process's own environment.
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
  });
  const { isTerminal = false, input = '', answer, signal = new AbortController().signal } = options;
  const printed: string[] = [];
  const warned: string[] = [];
  const questions: string[] = [];
  const context: CommandContext = {
    version: '0.0.0',
    env: process.env,
    signal,
    readerGone: new AbortController().signal,
    isTerminal,
    input: {
      read: async () => input,
      ask: async (question) => {
        questions.push(question);
        return answer ?? null;
      },
    },
    print: (line) => {
      printed.push(line);
      options.onPrint?.(line);
    },
    // One line, as the program makes of it.
    warn: (line) => void warned.push(line.replaceAll('\n', ' ')),
    explain: (text) => void warned.push(text),
  };
  const status = await runInteract(args, context);
  return { status, stdout: printed.join('\n'), stderr: warned.join('\n'), questions };
}

/** Runs one command line against a scripted API, which is closed when it ended. */
export async function runAgainst(
  script: Script,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome & { readonly asked: readonly Asked[] }> {
  const api = await startScriptedApi(script);
  try {
    const end = args.includes('--') ? args.indexOf('--') : args.length;
    const line = [...args.slice(0, end), '--api-url', api.url, ...args.slice(end)];
    return { ...(await run(line, options)), asked: api.asked };
  } finally {
    await api.close();
  }
}
