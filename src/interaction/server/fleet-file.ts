// Keeps the fleet in one JSON file, replaced as a whole, so that after any crash it holds either what was there before a
// change or the change. For fleets of a size that a person sets states in by hand.
import { open, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { createMemoryFleetStore, type FleetInstance, type FleetStore } from './fleet-store.ts';
import { FleetInstanceError, parseFleetInstance } from './parse-fleet-instance.ts';
import { listenOnUnixSocket } from './unix-socket.ts';

/** The file is not a fleet file, or is another group's. The message names the file and says what is wrong. */
export class FleetFileError extends Error {
  override readonly name = 'FleetFileError';
}

export interface FleetFile {
  readonly store: FleetStore;
  close(): Promise<void>;
}

/**
 * Opens or creates the fleet file of a group. A second server on the same file is refused with SocketInUseError, as each
 * would undo the other's changes; system errors pass through.
 */
export async function openFleetFile(path: string, group: string): Promise<FleetFile> {
  const release = await lock(`${path}.lock`);
  try {
    const instances = await readFleet(path, group);
    const persist = (changed: readonly FleetInstance[]) => replaceFile(path, toText(group, changed));
    // Written at once, so that a directory that cannot be written to is found at start.
    await persist(instances);
    return { store: createMemoryFleetStore(instances, persist), close: release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A listening socket is a lock that the kernel lets go of when the process dies, however it dies. */
async function lock(path: string): Promise<() => Promise<void>> {
  const server = createServer((connection) => connection.destroy());
  await listenOnUnixSocket(server, path);
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function readFleet(path: string, group: string): Promise<FleetInstance[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const content = parseContent(path, text);
  if (content.group !== group) {
    throw new FleetFileError(
      `${path} holds group ${JSON.stringify(content.group)}, not ${JSON.stringify(group)}`,
    );
  }
  return content.instances.map((value, index) => {
    try {
      return parseFleetInstance(value);
    } catch (error) {
      if (!(error instanceof FleetInstanceError)) throw error;
      throw new FleetFileError(`${path}: instance ${index + 1}: ${error.message}`, { cause: error });
    }
  });
}

function parseContent(path: string, text: string): { group: unknown; instances: unknown[] } {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new FleetFileError(`${path} is not JSON`, { cause: error });
  }
  const { version, group, instances } = (content ?? {}) as Record<string, unknown>;
  if (version !== 1 || !Array.isArray(instances)) {
    throw new FleetFileError(`${path} is not a fleet file of version 1`);
  }
  return { group, instances };
}

function toText(group: string, instances: readonly FleetInstance[]): string {
  return `${JSON.stringify({ version: 1, group, instances }, null, 2)}\n`;
}

/** On disk when it resolves: the content first, then its name. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // The first failure is the one to tell of.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
