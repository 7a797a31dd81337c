// How the store lies in a SQLite database. Pure SQL: what runs it is elsewhere.

/** Raised with every change of the tables below. */
export const schemaVersion = 2;

/** `CSIA`: tells a database of ours from one of another program. */
export const applicationId = 0x43534941;

export const createSchema = `
  CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE item (
    table_name TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at_s INTEGER,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (table_name, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX item_expiry ON item (expires_at_s) WHERE expires_at_s IS NOT NULL;

  CREATE TABLE event (
    event_date TEXT PRIMARY KEY,
    attributes TEXT NOT NULL,
    expires_at_s INTEGER,
    checksum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX event_expiry ON event (expires_at_s) WHERE expires_at_s IS NOT NULL;

  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** What a row's checksum is of; `row_checksum` is a function of each connection (sqlite-checksum.ts). */
export const itemChecksum = 'row_checksum(table_name, key, value, expires_at_s)';
export const eventChecksum = 'row_checksum(event_date, attributes, expires_at_s)';

/** From version 1, whose rows had no checksum. */
export const addChecksums = `
  ALTER TABLE item ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE event ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
  UPDATE item SET checksum = ${itemChecksum};
  UPDATE event SET checksum = ${eventChecksum};
  PRAGMA user_version = ${schemaVersion};
`;

/** The key/value tables, as `item.table_name` has them. */
export type TableName = 'configuration' | 'scheduler' | 'state' | 'inventory';

/** The condition that a row is there at the time bound to its parameter, in epoch seconds. */
export const unexpired = '(expires_at_s IS NULL OR expires_at_s > ?)';
