// The instances of the group. Operators put them there, or CloneSquad's snapshot does; nothing is invented. What scaling
// decides is kept apart from the rest, in the State item that CloneSquad itself writes and that may expire.
import type { Store } from '../store/store.ts';
import { changeItem } from './change-item.ts';
import { type FleetInstance, isInstanceId, isUp } from './fleet-instance.ts';
import {
  changeInstance,
  createItemDecoder,
  fromItem,
  instanceKey,
  instancePrefix,
  toItem,
} from './instance-item.ts';
import { FleetInstanceError, statesOf } from './parse-fleet-instance.ts';
import { createSnapshotReader, type Snapshot } from './snapshot.ts';

/** Of the State items that hold what scaling decided, each followed by the instance's id. */
export const scalingStatePrefix = 'ec2.instance.scaling.state.';

export interface FleetEntry {
  readonly instance: FleetInstance;
  /** Epoch seconds, whole; without, the scaling state stays until it is changed. */
  readonly scalingStateEndsAtS?: number | undefined;
}

/**
 * A change is durable when its promise resolves. Changes through one Fleet are made one after the other; another writer's
 * to the same instance are not undone, except by `put` and by a later state. All reject with StoreError when the store fails.
 */
export interface Fleet {
  instance(id: string): Promise<FleetInstance | null>;
  /** All instances, in the order of their ids. */
  instances(): Promise<readonly FleetInstance[]>;
  /** CloneSquad's own picture, whatever operators entered and scaling has decided since. */
  snapshot(): Promise<Snapshot>;
  /** False, and nothing is changed, when an instance with its id was added already. Throws FleetInstanceError. */
  add(instance: FleetInstance): Promise<boolean>;
  /** Adds the instance or replaces the one with its id. Throws FleetInstanceError. */
  put(instance: FleetInstance): Promise<void>;
  /** As `put`, many of different ids at once; the scaling state of each ends by itself at its `scalingStateEndsAtS`. */
  putAll(entries: readonly FleetEntry[]): Promise<void>;
  /**
   * The instance as `edit` makes it, or null when it is not known. Its scaling state is as it was, and its end too. Throws
   * FleetInstanceError for one that only the snapshot has.
   */
  change(id: string, edit: (known: FleetInstance) => FleetInstance): Promise<FleetInstance | null>;
  /**
   * The instance as changed, or null when it is not known. An EC2 state ends the scaling state. Any other is a scaling
   * state, of an instance that is up, which ends by itself after `ttlS` seconds if that is given. Throws FleetInstanceError.
   */
  setState(id: string, state: string, ttlS?: number): Promise<FleetInstance | null>;
  /** The instance as it was, or null when it is not known. Throws FleetInstanceError for one that only the snapshot has. */
  remove(id: string): Promise<FleetInstance | null>;
}

/** To be kept: it remembers what it has decoded. */
export function createFleet({ inventory, state }: Store, nowMs: () => number): Fleet {
  const decode = createItemDecoder();
  const readSnapshot = createSnapshotReader(state);
  let lastChange: Promise<unknown> = Promise.resolve();

  function inOrder<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = lastChange.then(change);
    lastChange = done.catch(() => {});
    return done;
  }

  async function instance(id: string): Promise<FleetInstance | null> {
    if (!isInstanceId(id)) return null;
    const [item, scaling] = await Promise.all([
      inventory.get(instanceKey(id)),
      state.get(scalingStateKey(id)),
    ]);
    const known = item === null ? await inSnapshot(id) : fromItem(item);
    return known === null ? null : withScalingState(known, scaling?.value);
  }

  async function inSnapshot(id: string): Promise<FleetInstance | null> {
    return (await readSnapshot()).instances.get(id) ?? null;
  }

  async function putAll(entries: readonly FleetEntry[]): Promise<void> {
    await inventory.write(entries.map(({ instance }) => toItem(instance)));
    await state.write(
      entries.map(({ instance: { id, scalingState }, scalingStateEndsAtS }) => ({
        key: scalingStateKey(id),
        value: scalingState,
        expiresAtS: scalingState === null ? undefined : scalingStateEndsAtS,
      })),
    );
  }

  async function setScalingState(id: string, scalingState: string, ttlS?: number) {
    const changed =
      (await changeInstance(inventory, id, (known) =>
        isUp(known) ? known : { ...known, ec2State: 'running' },
      )) ?? (await inSnapshot(id));
    if (changed === null) return null;
    const expiresAtS = ttlS === undefined ? undefined : Math.ceil(nowMs() / 1000) + ttlS;
    await state.write([{ key: scalingStateKey(id), value: scalingState, expiresAtS }]);
    return { ...changed, scalingState };
  }

  async function setEc2State(id: string, ec2State: FleetInstance['ec2State']) {
    const changed =
      (await changeInstance(inventory, id, (known) => ({ ...known, ec2State }))) ?? (await inSnapshot(id));
    if (changed === null) return null;
    if (changed.ec2State !== ec2State || changed.scalingState !== null) {
      const reason = "it comes from CloneSquad's snapshot, which says otherwise: add it to have it here";
      throw new FleetInstanceError(`${id} cannot be set to ${ec2State}: ${reason}`);
    }
    await state.write([{ key: scalingStateKey(id), value: null }]);
    return changed;
  }

  return {
    instance,
    async instances() {
      const [items, scaling, snapshot] = await Promise.all([
        inventory.items(instancePrefix),
        state.items(scalingStatePrefix),
        readSnapshot(),
      ]);
      const scalingStates = new Map(scaling.map(({ key, value }) => [key, value]));
      const known = new Map(snapshot.instances);
      for (const entered of decode(items)) known.set(entered.id, entered);
      return [...known.values()]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((known) => withScalingState(known, scalingStates.get(scalingStateKey(known.id))));
    },
    snapshot: readSnapshot,
    add: (instance) =>
      inOrder(async () => {
        if (!(await inventory.writeIf(null, toItem(instance)))) return false;
        await state.write([{ key: scalingStateKey(instance.id), value: instance.scalingState }]);
        return true;
      }),
    put: (instance) => inOrder(() => putAll([{ instance }])),
    putAll: (entries) => inOrder(() => putAll(entries)),
    change: (id, edit) =>
      inOrder(async () => {
        if (!isInstanceId(id)) return null;
        const changed = await changeInstance(inventory, id, edit);
        if (changed !== null)
          return { ...changed, scalingState: (await state.get(scalingStateKey(id)))?.value ?? null };
        if ((await inSnapshot(id)) === null) return null;
        throw new FleetInstanceError(`${id} comes from CloneSquad's snapshot: add it to change it here`);
      }),
    setState: (id, name, ttlS) =>
      inOrder(async () => {
        const { ec2State, scalingState } = statesOf(name);
        if (ttlS !== undefined && (scalingState === null || !Number.isSafeInteger(ttlS) || ttlS <= 0)) {
          throw new FleetInstanceError('ttl: expected whole seconds, and a state that is not one of EC2');
        }
        if (!isInstanceId(id)) return null;
        return scalingState === null ? setEc2State(id, ec2State) : setScalingState(id, scalingState, ttlS);
      }),
    remove: (id) =>
      inOrder(async () => {
        const known = await instance(id);
        if (known === null) return null;
        const wasEntered = await changeItem(inventory, instanceKey(id), (item) => ({
          change: item === null ? null : { value: null },
          result: item !== null,
        }));
        if (!wasEntered) {
          throw new FleetInstanceError(
            `${id} comes from CloneSquad's snapshot: it goes when CloneSquad drops it`,
          );
        }
        await state.write([{ key: scalingStateKey(id), value: null }]);
        return known;
      }),
  };
}

/** Of the State item that holds what scaling decided about an instance. */
export function scalingStateKey(id: string): string {
  return `${scalingStatePrefix}${id}`;
}

function withScalingState(instance: FleetInstance, scalingState: string | undefined): FleetInstance {
  return scalingState === undefined ? instance : { ...instance, scalingState };
}
