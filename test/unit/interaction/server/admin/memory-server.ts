// A store that is forgotten, with all that the admin socket needs of it, for tests.
import type { TestContext } from 'node:test';
import type {
  AdminAnswer,
  AdminServices,
} from '../../../../../src/interaction/server/admin/admin-request.ts';
import { performAdminRequest } from '../../../../../src/interaction/server/admin/requests.ts';
import { createFleet } from '../../../../../src/interaction/server/fleet/fleet.ts';
import { openSqliteStore } from '../../../../../src/interaction/server/store/sqlite-store.ts';

/** 2020-11-20 14:52:01+00:00, until a test moves it. */
export const startMs = 1_605_883_921_000;
export const startS = startMs / 1000;

export interface MemoryServer {
  readonly services: AdminServices;
  /** A request without a body when that is undefined; text goes as it is, anything else as JSON. */
  ask(method: string, target: string, body?: unknown): Promise<AdminAnswer>;
  passSeconds(seconds: number): void;
}

export async function openMemoryServer(test: TestContext, group = 'test'): Promise<MemoryServer> {
  let now = startMs;
  const nowMs = () => now;
  const store = await openSqliteStore({ path: ':memory:', group, nowMs });
  test.after(() => store.close());
  const services = { store, fleet: createFleet(store, nowMs), group, nowMs };
  return {
    services,
    ask: (method, target, body) => {
      const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
      return performAdminRequest(services, { method, target, body: Buffer.from(text) });
    },
    passSeconds: (seconds) => {
      now += seconds * 1000;
    },
  };
}

/** The answer's body. Fails the test unless the status is 200. */
export function bodyOf({ status, body }: AdminAnswer): unknown {
  if (status !== 200) throw new Error(`status ${status}: ${JSON.stringify(body)}`);
  // As the operator gets it.
  return JSON.parse(JSON.stringify(body));
}
