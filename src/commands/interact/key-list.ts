// How the keys of a file are shown: whose they are and what they may do, never their secrets.
import type { KeyFileDocument } from '../../interaction/server/keys/change-key-file.ts';
import { parseKeyFile } from '../../interaction/server/keys/parse-key-file.ts';
import type { CommandContext } from './command-context.ts';
import { type OutputOptions, show } from './output/show.ts';
import { type Column, renderTable } from './output/table.ts';

interface ListedKey {
  readonly accessKeyId: string;
  readonly caller: string;
  readonly userArn: string;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** Null when it does not expire. */
  readonly expiresAt: string | null;
}

const columns: readonly Column<ListedKey>[] = [
  { heading: 'ACCESS KEY ID', cell: ({ accessKeyId }) => accessKeyId },
  { heading: 'USER', cell: ({ userArn }) => userArn },
  { heading: 'ALLOW', cell: ({ allow }) => allow.join(' ') || null },
  { heading: 'DENY', cell: ({ deny }) => deny.join(' ') || null },
  { heading: 'EXPIRES', cell: ({ expiresAt }) => expiresAt },
];

/** Shows the keys with the rules that are in force for them, those that the file leaves out included. */
export async function showKeys(
  document: KeyFileDocument,
  options: OutputOptions,
  context: CommandContext,
): Promise<void> {
  const { keys } = parseKeyFile('', JSON.stringify(document));
  const listed = [...keys].map(([accessKeyId, { caller, userArn, allow, deny, expiresAtMs }]): ListedKey => {
    const expiresAt = expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString();
    return { accessKeyId, caller, userArn, allow, deny, expiresAt };
  });
  await show({ value: listed, table: () => renderTable(columns, listed) }, options, context);
}
