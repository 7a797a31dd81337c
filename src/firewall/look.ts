// Looking at the table where not being able to is an answer too.
import type { Firewall } from './firewall.ts';
import type { Inspection } from './ruleset.ts';

/** The table as the kernel has it, or why it cannot be read. */
export type TableLook = Inspection | { readonly table: 'unknown'; readonly problem: string };

/** Never rejects. */
export async function lookAtTable(firewall: Pick<Firewall, 'inspect'>): Promise<TableLook> {
  try {
    return await firewall.inspect();
  } catch (error) {
    return { table: 'unknown', problem: error instanceof Error ? error.message : String(error) };
  }
}
