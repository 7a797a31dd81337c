// Where the agent's answers come from: the context says where the API is, the client asks it, and the routes that lead
// there are tried in the order in which they last worked.
import { DeadlineExceeded, type Limits, runWithin } from '../../aws/deadline.ts';
import type { SignedHttp } from '../../aws/signed-http.ts';
import {
  type ApiRoute,
  type ApiRoutes,
  routesFromApiUrl,
  routesFromDiscovery,
} from '../../interaction/client/api-address.ts';
import { fetchMetadata } from '../../interaction/client/metadata.ts';
import type {
  MetadataAnswer,
  UnknownAnswer,
  UnknownClass,
} from '../../interaction/client/metadata-answer.ts';
import type { InstanceContext, Resolution } from '../../watcher/context/instance-context.ts';
import { CREDENTIALS_ADVICE } from '../../watcher/context/resolve-context.ts';
import type { Answer } from '../../watcher/domain/answer.ts';
import type { MetadataSource, SourceView } from '../../watcher/ports.ts';

/** The part of the context keeper that a source needs. */
export interface ContextSource {
  current(signal: AbortSignal): Promise<Resolution>;
  /** What is known may no longer be true: learn it again. */
  expire(): void;
  /** Since the context was last read; null before, and where it was given. */
  ageMs(): number | null;
}

export interface MetadataSourceOptions {
  readonly context: ContextSource;
  readonly send: SignedHttp['send'];
  /** Credentials and connections of the time before the machine slept. */
  readonly forgetCredentials: () => void;
  /** `--api-url`: the only route. */
  readonly apiUrl: string | null;
  /** Whether discovery itself goes over plain http, so that its answer is believed as far. */
  readonly plainHttpDiscovery: (region: string) => boolean;
  /** `--instance-id`: asked for by name. */
  readonly askedInstanceId: string | null;
  readonly monotonicMs: () => number;
}

/** An API that cannot be reached at all may have moved; asking for its address is not free for a whole fleet. */
const REDISCOVER_AFTER_MS = 60_000;
/** What the API itself does not answer. */
const STRANGE: ReadonlySet<UnknownClass> = new Set(['not-json', 'wrong-shape', 'unexpected-status']);

export class ApiMetadataSource implements MetadataSource {
  readonly #options: MetadataSourceOptions;
  /** The URL of the route that worked last. */
  #preferred: string | null = null;
  /** The URL of the route that is tried first as long as none has worked. */
  #tried: string | null = null;
  #context: InstanceContext | null = null;
  #routes: ApiRoutes | null = null;
  #rediscoveredAtMs: number;

  constructor(options: MetadataSourceOptions) {
    this.#options = options;
    this.#rediscoveredAtMs = options.monotonicMs();
  }

  forgetSession(): void {
    this.#options.forgetCredentials();
    this.#options.context.expire();
  }

  describe(): SourceView {
    return {
      apiUrl: this.#preferred ?? this.#tried,
      group: this.#context?.group ?? null,
      region: this.#context?.region ?? null,
      instanceId: this.#context?.instanceId ?? null,
      contextAgeMs: this.#options.context.ageMs(),
    };
  }

  async poll(limits: Limits): Promise<Answer> {
    const endsAtMs = this.#options.monotonicMs() + limits.timeoutMs;
    let asked: readonly ApiRoute[] = [];
    try {
      return await runWithin(limits, async (signal) => {
        const resolution = await this.#options.context.current(signal);
        if (resolution.kind === 'not-managed') return { kind: 'not-managed', message: resolution.message };
        if (resolution.kind !== 'ready') return unknownContext(resolution.message);
        const found = this.#routesTo(resolution.context);
        if (!found.ok) return unknownContext(`the API's address: ${found.problem}`);
        const routes = this.#inOrder(found.routes);
        this.#tried = routes[0]?.url ?? null;
        asked = routes;
        const answer = await this.#ask(resolution.context, routes, endsAtMs, signal);
        return toAnswer(answer, this.#options.apiUrl !== null);
      });
    } catch (error) {
      if (!(error instanceof DeadlineExceeded)) throw error;
      if (asked.length === 0)
        return unknownContext(`where the API is was not found out within ${limits.timeoutMs} ms`);
      const hosts = asked.map(({ url }) => new URL(url).host).join(', ');
      return { kind: 'unknown', class: 'transport', message: `${hosts}: ${error.message}` };
    }
  }

  #routesTo(context: InstanceContext): ApiRoutes {
    if (this.#routes !== null && context === this.#context) return this.#routes;
    const { apiUrl, plainHttpDiscovery } = this.#options;
    this.#context = context;
    this.#routes =
      apiUrl === null
        ? routesFromDiscovery(context.discovery, { plainHttp: plainHttpDiscovery(context.region) })
        : routesFromApiUrl(apiUrl);
    return this.#routes;
  }

  #inOrder(routes: readonly ApiRoute[]): ApiRoute[] {
    return routes.toSorted((a, b) => Number(b.url === this.#preferred) - Number(a.url === this.#preferred));
  }

  async #ask(
    context: InstanceContext,
    routes: ApiRoute[],
    endsAtMs: number,
    signal: AbortSignal,
  ): Promise<MetadataAnswer> {
    const { send, askedInstanceId, monotonicMs } = this.#options;
    let answer: MetadataAnswer | null = null;
    for (const [index, route] of routes.entries()) {
      // A route that hangs leaves the next one its share of the time.
      const timeoutMs = Math.max(1, Math.floor((endsAtMs - monotonicMs()) / (routes.length - index)));
      answer = await fetchMetadata({
        send,
        region: context.region,
        route,
        limits: { timeoutMs, signal },
        askedInstanceId: askedInstanceId ?? undefined,
        expectedInstanceId: context.instanceId ?? undefined,
      });
      // Anything else is no proof that the route leads there: nothing may have been sent at all.
      if (answer.kind !== 'unknown') this.#preferred = route.url;
      if (!leadsNowhere(answer)) return isStrange(answer) ? withUrl(answer, route.url) : answer;
    }
    this.#rediscover();
    return answer as MetadataAnswer;
  }

  #rediscover(): void {
    const nowMs = this.#options.monotonicMs();
    if (nowMs - this.#rediscoveredAtMs < REDISCOVER_AFTER_MS) return;
    this.#rediscoveredAtMs = nowMs;
    this.#options.context.expire();
  }
}

/** Whether the route itself is at fault, so that another one may do better. */
function leadsNowhere(answer: MetadataAnswer): boolean {
  return answer.kind === 'unknown' && (answer.class === 'transport' || answer.isWrongEndpoint === true);
}

/** Whether something else than the API has answered, so that where it was matters more than what it said. */
function isStrange(answer: MetadataAnswer): answer is UnknownAnswer {
  return answer.kind === 'unknown' && STRANGE.has(answer.class);
}

function withUrl(answer: UnknownAnswer, url: string): UnknownAnswer {
  return { ...answer, message: `${answer.message}, from ${url}` };
}

function toAnswer(answer: MetadataAnswer, isApiUrlGiven: boolean): Answer {
  if (answer.kind === 'no-information') return answer;
  if (answer.kind === 'unknown') {
    const advice = answer.advice ?? adviceOn(answer.class, isApiUrlGiven);
    // Words of AWS that end in a full stop go on.
    const said = advice === null ? answer.message : answer.message.replace(/(?<!\.)\.$/, '');
    const message = advice === null ? said : `${said}: ${advice}`;
    return { kind: 'unknown', class: answer.class, message };
  }
  const { instanceId, state, tags, subfleetName, targetGroups } = answer.metadata;
  return { kind: 'known', instanceId, state, tags, subfleetName, targetGroups };
}

/** What to do about trouble that does not pass by itself. */
function adviceOn(trouble: UnknownClass, isApiUrlGiven: boolean): string | null {
  switch (trouble) {
    case 'credentials':
      return CREDENTIALS_ADVICE;
    case 'forbidden':
      return isApiUrlGiven
        ? 'check --api-url (it needs the stage, such as http://host:8080/v1/), --region and what these credentials may call'
        : 'check what these credentials may call, and the policy of the API';
    default:
      return null;
  }
}

function unknownContext(message: string): Answer {
  return { kind: 'unknown', class: 'context', message };
}
