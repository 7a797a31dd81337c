// `--metrics-listen`: the metrics over HTTP, for a Prometheus that comes and asks.
import type { Reporter } from '../ports.ts';
import { type HttpDocument, startHttpListener } from './http-listener.ts';
import { KeptListener } from './kept-listener.ts';
import type { Metrics } from './metrics.ts';

const PATH = '/metrics';

const NOTHING_HERE: HttpDocument = {
  status: 404,
  contentType: 'text/plain; charset=utf-8',
  body: `there is nothing at this path: see ${PATH}\n`,
};

/** Serves `GET /metrics` at the address it is told to keep; `degraded` hears of one that cannot be listened on. */
export function metricsListener(metrics: Metrics, degraded: Reporter['degraded']): KeptListener {
  return new KeptListener(
    (problem) => degraded('metrics listener', problem),
    (address, onTrouble) =>
      startHttpListener({
        address,
        documentAt: async (path) =>
          path === PATH
            ? { status: 200, contentType: metrics.contentType, body: await metrics.render() }
            : NOTHING_HERE,
        onTrouble,
      }),
  );
}
