// What the server knows of the fleet. Operators put it there; nothing is invented. One interface, so that a database can
// take the place of the file when a deployment needs it.

export interface FleetInstance {
  readonly id: string;
  readonly name: string | null;
  readonly type: string;
  readonly az: string;
  readonly state: string;
  readonly status: string;
  /** Null in the main fleet. */
  readonly subfleet: string | null;
  readonly spot: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** How many target groups the whole deployment has, which is what CloneSquad reports for each instance. */
  readonly targetGroups: number;
}

/** A change has been made durable, where the store is, when its promise resolves; when it rejects nothing changed. */
export interface FleetStore {
  instance(id: string): Promise<FleetInstance | null>;
  /** All instances, in the order they were first put. */
  instances(): Promise<readonly FleetInstance[]>;
  /** False, and nothing is changed, when an instance has its id already. */
  add(instance: FleetInstance): Promise<boolean>;
  /** Adds the instance or replaces the one with its id. */
  put(instance: FleetInstance): Promise<void>;
  /** The instance as changed, or null when it is not known. */
  setState(id: string, state: string): Promise<FleetInstance | null>;
  /** The instance as it was, or null when it is not known. */
  remove(id: string): Promise<FleetInstance | null>;
}

/** Persists the whole fleet; called with every change before it is seen by readers, one call at a time. */
export type PersistFleet = (instances: readonly FleetInstance[]) => Promise<void>;

/** A store in memory. Changes happen one after the other, and only once `persist` has resolved. */
export function createMemoryFleetStore(
  initial: readonly FleetInstance[] = [],
  persist: PersistFleet = async () => {},
): FleetStore {
  let current: ReadonlyMap<string, FleetInstance> = new Map(
    initial.map((instance) => [instance.id, instance]),
  );
  let lastChange: Promise<unknown> = Promise.resolve();

  /** `edit` changes the map it is given; false and null mean that it left everything as it was. */
  function change<Result>(edit: (draft: Map<string, FleetInstance>) => Result): Promise<Result> {
    const done = lastChange.then(async () => {
      const draft = new Map(current);
      const result = edit(draft);
      if (result === false || result === null) return result;
      await persist([...draft.values()]);
      current = draft;
      return result;
    });
    lastChange = done.catch(() => {});
    return done;
  }

  return {
    instance: async (id) => current.get(id) ?? null,
    instances: async () => [...current.values()],
    add: (instance) =>
      change((draft) => {
        if (draft.has(instance.id)) return false;
        draft.set(instance.id, instance);
        return true;
      }),
    put: (instance) => change((draft) => void draft.set(instance.id, instance)),
    remove: (id) =>
      change((draft) => {
        const known = draft.get(id) ?? null;
        draft.delete(id);
        return known;
      }),
    setState: (id, state) =>
      change((draft) => {
        const known = draft.get(id);
        if (known === undefined) return null;
        const changed = { ...known, state };
        draft.set(id, changed);
        return changed;
      }),
  };
}
