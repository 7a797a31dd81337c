// Metrics over the admin socket: those sent to CloudWatch, and those read from there.
//   GET|PUT|POST|DELETE /metrics/sent and /metrics/cached (PUT a list in place of all, POST one, DELETE ?name=NAME or all)
import { renderCachedMetrics, renderSentMetrics } from '../../contract/metrics.ts';
import type { JsonValue } from '../../contract/python-json.ts';
import {
  parseEnteredCachedMetrics,
  parseEnteredSentMetrics,
  putCachedMetrics,
  putSentMetrics,
  readCachedMetrics,
  readSentMetrics,
  removeCachedMetrics,
  removeSentMetrics,
  replaceCachedMetrics,
  replaceSentMetrics,
} from '../records/metrics.ts';
import type { Store } from '../store/store.ts';
import {
  AdminRefusal,
  type AdminServices,
  parseJsonBody,
  parseListBody,
  type Route,
} from './admin-request.ts';

/** What is done alike with both kinds. */
interface Kind<Metric> {
  readonly path: RegExp;
  readonly parse: (body: unknown) => readonly Metric[];
  readonly render: (metrics: readonly Metric[]) => JsonValue;
  readonly read: (store: Store) => Promise<readonly Metric[]>;
  readonly put: (store: Store, metrics: readonly Metric[]) => Promise<void>;
  readonly replace: (store: Store, metrics: readonly Metric[]) => Promise<void>;
  readonly remove: (store: Store, name: string) => Promise<number>;
}

export function metricRoutes({ store }: AdminServices): Route[] {
  return [
    routeOf(store, {
      path: /^\/metrics\/sent$/,
      parse: parseEnteredSentMetrics,
      render: renderSentMetrics,
      read: readSentMetrics,
      put: putSentMetrics,
      replace: replaceSentMetrics,
      remove: removeSentMetrics,
    }),
    routeOf(store, {
      path: /^\/metrics\/cached$/,
      parse: parseEnteredCachedMetrics,
      render: renderCachedMetrics,
      read: readCachedMetrics,
      put: putCachedMetrics,
      replace: replaceCachedMetrics,
      remove: removeCachedMetrics,
    }),
  ];
}

function routeOf<Metric>(store: Store, kind: Kind<Metric>): Route {
  const { path, parse, render, read, put, replace, remove } = kind;
  return {
    path,
    methods: {
      GET: async () => render(await read(store)),
      async PUT({ body }) {
        const metrics = parse(parseListBody(body));
        await replace(store, metrics);
        return render(metrics);
      },
      async POST({ body }) {
        const metrics = parse([parseJsonBody(body)]);
        await put(store, metrics);
        return render(metrics);
      },
      async DELETE({ query }) {
        const name = query.get('name');
        if (name === null) {
          const removed = (await read(store)).length;
          await replace(store, []);
          return { removed };
        }
        const removed = await remove(store, name);
        if (removed === 0) throw new AdminRefusal(404, `there is no metric ${JSON.stringify(name)}`);
        return { removed };
      },
    },
  };
}
