// Which tables a namespace has, and whether one is still the same: a new one of the same name has another handle.
import type { Namespace } from '../../fixtures/netns.ts';

/** The handles of a namespace's tables by name. */
export async function tableHandles(namespace: Namespace): Promise<ReadonlyMap<string, number>> {
  const { nftables } = JSON.parse(await namespace.run('nft', ['-j', 'list', 'tables'])) as TableList;
  return new Map(nftables.flatMap(({ table }) => (table ? [[table.name, table.handle]] : [])));
}

interface TableList {
  readonly nftables: readonly { readonly table?: { readonly name: string; readonly handle: number } }[];
}
