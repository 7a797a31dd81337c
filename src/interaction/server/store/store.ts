// What the server keeps, as CloneSquad keeps it: key/value tables and the log of events. One interface, so that a database
// of this machine or DynamoDB tables can be behind it. Whatever else the server knows stands on it.

/** One item of a key/value table. `value` is never empty: an empty value is no item. */
export interface StoredItem {
  readonly key: string;
  readonly value: string;
  /** Epoch seconds, whole; from then on the item is not there. */
  readonly expiresAtS?: number | undefined;
}

/** Puts an item in place of the one with its key, expiry included, or with `value: null` deletes it. */
export interface Change {
  readonly key: string;
  readonly value: string | null;
  readonly expiresAtS?: number | undefined;
}

/** A change has been made durable when its promise resolves; when it rejects with StoreError it may or may not have been made. */
export interface KeyValueTable {
  /** The item unless it has expired, as last written by anyone. */
  get(key: string): Promise<StoredItem | null>;
  /** The items whose key begins with `prefix` (all without one) and that have not expired, keys in code point order. */
  items(prefix?: string): Promise<readonly StoredItem[]>;
  /** Makes all changes, of different keys; SQLite all or none, DynamoDB in the order given and possibly in part when it fails. */
  write(changes: readonly Change[]): Promise<void>;
  /**
   * Makes the change if the value is still `expected` (null: no item). False when it is not, and nothing is changed:
   * read again, and try again.
   */
  writeIf(expected: string | null, change: Change): Promise<boolean>;
}

/** One event as CloneSquad records it: the attributes of the item, of which `EventDate` is the key. */
export interface StoredEvent {
  readonly EventDate: string;
  /** Epoch seconds, whole. */
  readonly ExpirationTime?: number | undefined;
  readonly [attribute: string]: string | number | undefined;
}

export interface EventTable {
  /** Those that have not expired, by date. */
  events(): Promise<readonly StoredEvent[]>;
  /** False, and nothing is changed, when there is one of its date. */
  add(event: StoredEvent): Promise<boolean>;
  /** Idempotent. */
  remove(eventDate: string): Promise<void>;
  /** Sets the attribute `AckDate`; false when there is no event of that date. */
  setAckDate(eventDate: string, ackDate: string): Promise<boolean>;
}

export interface Store {
  readonly configuration: KeyValueTable;
  readonly scheduler: KeyValueTable;
  /** CloneSquad's own state: scaling states, controlled instances, its snapshot of the fleet. */
  readonly state: KeyValueTable;
  /** What operators enter here and CloneSquad reads from AWS: instances, metrics, the catalogue of configuration keys. */
  readonly inventory: KeyValueTable;
  readonly events: EventTable;
  close(): Promise<void>;
}

/** The names of a group's tables, as CloneSquad gives them; Inventory is this server's own. */
export interface TableNames {
  readonly configuration: string;
  readonly scheduler: string;
  readonly state: string;
  readonly inventory: string;
  readonly events: string;
}

export function tableNames(group: string): TableNames {
  const name = (table: string) => `CloneSquad-${group}-${table}`;
  return {
    configuration: name('Configuration'),
    scheduler: name('Scheduler'),
    state: name('State'),
    inventory: name('Inventory'),
    events: name('EventLog'),
  };
}

/** The store failed; the message says which, and what the system said. Nothing is acknowledged. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
