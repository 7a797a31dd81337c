// Instances over the admin socket.
//   GET|POST /instances   GET|PUT|PATCH|DELETE /instances/ID   PUT /instances/ID/state
import { instanceStates, isListedState } from '../../contract/instance-states.ts';
import type { JsonValue } from '../../contract/python-json.ts';
import { scalingStateKey, scalingStatePrefix } from '../fleet/fleet.ts';
import { type FleetInstance, isEc2State } from '../fleet/fleet-instance.ts';
import { FleetInstanceError, parseFleetInstance } from '../fleet/parse-fleet-instance.ts';
import { AdminRefusal, type AdminServices, known, parseObjectBody, type Route } from './admin-request.ts';
import { scalingStateEnd } from './export-document.ts';
import { mergeInstance } from './merge-instance.ts';

export function instanceRoutes({ fleet, store: { state } }: AdminServices): Route[] {
  /** The instance, and when its scaling state ends if it does. */
  const tell = async (instance: FleetInstance): Promise<JsonValue> => {
    const item = instance.scalingState === null ? null : await state.get(scalingStateKey(instance.id));
    return { ...toJson(instance), ...scalingStateEnd(instance, item ?? undefined) };
  };
  return [
    {
      path: /^\/instances$/,
      methods: {
        async GET() {
          const [instances, items] = await Promise.all([fleet.instances(), state.items(scalingStatePrefix)]);
          const ends = new Map(items.map((item) => [item.key, item]));
          return instances.map((instance) => ({
            ...toJson(instance),
            ...scalingStateEnd(instance, ends.get(scalingStateKey(instance.id))),
          }));
        },
        async POST({ body }) {
          const instance = parseInstance(parseObjectBody(body));
          if (!(await fleet.add(instance))) throw alreadyKnown(instance.id);
          return toJson(instance);
        },
      },
    },
    {
      path: /^\/instances\/([^/]+)$/,
      methods: {
        GET: async ({ name }) => tell(known(name, await fleet.instance(name))),
        async PUT({ name, body }) {
          const instance = parseInstance({ ...parseObjectBody(body), id: name });
          await fleet.put(instance);
          return toJson(instance);
        },
        async PATCH({ name, body }) {
          const changes = parseObjectBody(body);
          const changed = await fleet.change(name, (instance) => mergeInstance(instance, changes));
          return tell(known(name, changed));
        },
        DELETE: async ({ name }) => toJson(known(name, await fleet.remove(name))),
      },
    },
    {
      path: /^\/instances\/([^/]+)\/state$/,
      methods: {
        async PUT({ name, body }) {
          const { state, ttlS } = parseState(parseObjectBody(body));
          return tell(known(name, await fleet.setState(name, state, ttlS)));
        },
      },
    },
  ];
}

/** `{"state": "draining"}`; with `"unlisted": true` any name, with `ttl` (whole seconds) for a while only. */
function parseState({ state, unlisted, ttl, ...unknown }: Readonly<Record<string, unknown>>): {
  state: string;
  ttlS?: number;
} {
  const [unknownField] = Object.keys(unknown);
  if (unknownField !== undefined) throw new FleetInstanceError(`${unknownField}: no such field`);
  if (typeof state !== 'string' || state === '') throw new FleetInstanceError('state: expected a string');
  if (unlisted !== true) requireListedState(state);
  if (ttl === undefined) return { state };
  if (typeof ttl !== 'number') throw new FleetInstanceError('ttl: expected whole seconds');
  return { state, ttlS: ttl };
}

/** A person who gives a whole instance has no way to insist on a state that nobody knows. */
function parseInstance(body: Readonly<Record<string, unknown>>): FleetInstance {
  const instance = parseFleetInstance(body);
  requireListedState(instance.scalingState ?? instance.ec2State);
  return instance;
}

function requireListedState(state: string): void {
  if (isListedState(state) || isEc2State(state)) return;
  throw new FleetInstanceError(`state: expected one of ${instanceStates.join(', ')}`);
}

function alreadyKnown(id: string): AdminRefusal {
  const advice = 'replace it with --replace, or change part of it with "cs-interact state change"';
  return new AdminRefusal(409, `${id} is already known: ${advice}`);
}

function toJson(instance: FleetInstance): Readonly<Record<string, JsonValue>> {
  return { ...instance };
}
