// Writes an exported file so that its name stands for nothing or for all of it, whenever the machine stops.
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makePrivateDirectory } from './private-directory.ts';

/** What has been written is on disk when this resolves. Directories that are missing are made, for the owner alone. */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const directory = dirname(resolve(path));
  const firstMade = makePrivateDirectory(directory);
  await replaceFile(path, content);
  if (firstMade === null) return;
  // The name of a directory is on disk with the one that has it.
  const last = dirname(firstMade);
  for (let changed = directory; changed !== last; ) {
    changed = dirname(changed);
    await syncDirectory(changed);
  }
}

/** As writeFileAtomically, in a directory that is there. The file is for its owner alone. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const directory = dirname(resolve(path));
  const temporary = join(directory, `.${randomUUID()}.new`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
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
  await syncDirectory(directory);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
