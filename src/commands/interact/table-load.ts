// `load`: a document into a table, after it was checked, compared with what is there, shown and agreed to.
import { type Command, Option } from 'commander';
import { checkDocument } from '../../interaction/client/document-findings.ts';
import { diffTable, type TableChange, type TableDiff } from '../../interaction/client/table-diff.ts';
import type { DocumentFormat } from '../../interaction/contract/documents.ts';
import { type ApiOptions, addApiOptions, printRaw, withApi } from './api-options.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { parameterHelp } from './operation-help.ts';
import { plainLine } from './output/plain.ts';
import { show } from './output/show.ts';
import { documentFormats, nameOf, parseText, readDocumentText } from './read-document.ts';
import { readTable, type TableName, writeChanges } from './table.ts';

interface LoadOptions extends ApiOptions {
  readonly format?: DocumentFormat;
  readonly restore?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function addLoadCommand(parent: Command, table: TableName, context: CommandContext): void {
  const command = parent
    .command('load')
    .description('merge a document into the table, after showing what that changes')
    .argument('<file>', '- for standard input')
    .addHelpText(
      'after',
      `\nnull and the empty value delete a key; what is nested is a set, stored as\n[set]key. Values are not judged: CloneSquad reads them when it needs them.`,
    )
    .option('--restore', parameterHelp(table, 'restore'))
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--yes', 'do not ask; required where nobody can be asked')
    .addOption(
      new Option('--format <format>', 'of the document: JSON when the name ends in .json, else YAML').choices(
        documentFormats,
      ),
    );
  addApiOptions(command).action((file: string, options: LoadOptions) => load(file, table, options, context));
}

async function load(
  file: string,
  table: TableName,
  options: LoadOptions,
  context: CommandContext,
): Promise<void> {
  const source = nameOf(file);
  const text = await readDocumentText(file, context);
  const document = await parseText(text, file, options.format);
  const { duplicateKeys } = await import('../../interaction/client/duplicate-keys.ts');
  for (const key of duplicateKeys(text))
    context.warn(`${source}: warning: ${key}: given twice, the last one counts`);
  const findings = checkDocument(document);
  for (const { severity, key, problem } of findings)
    context.warn(`${source}: ${severity}: ${key}: ${problem}`);
  if (findings.some(({ severity }) => severity === 'error'))
    throw new CommandFailure(2, `${source}: not sent, nothing was changed`);
  await withApi(options, context, async (api) => {
    const present = await readTable(api, table);
    if (!present.hasSets)
      context.warn(
        'this API shows no parameter sets ([set]key): those there are neither compared nor deleted',
      );
    const diff = diffTable(present.document, document, { restore: options.restore === true });
    const changes = [...diff.added, ...diff.changed, ...diff.removed];
    const isApplied = changes.length > 0 && options.dryRun !== true;
    if (isApplied) await agree(diff, options, context);
    // Exactly what was shown, so that nothing that somebody else wrote meanwhile is deleted unseen.
    const said = isApplied ? await writeChanges(api, table, changes) : null;
    await report(diff, said, options, context);
  });
}

/** Returns when the changes may be made. Throws CommandFailure when not. */
async function agree(diff: TableDiff, options: LoadOptions, context: CommandContext): Promise<void> {
  if (options.yes === true) return;
  const question = `${renderDiff(diff)}\nMake these changes? [y/N] `;
  const answer = await context.input.ask(question);
  if (answer === null) {
    context.explain(`${renderDiff(diff)}\n`);
    throw new CommandFailure(2, 'nobody can be asked here: give --yes, or --dry-run; nothing was changed');
  }
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure(1, 'nothing was changed');
}

async function report(
  diff: TableDiff,
  said: string | null,
  options: LoadOptions,
  context: CommandContext,
): Promise<void> {
  if (options.raw === true && said !== null) return printRaw(said, context);
  const { added, changed, removed } = diff;
  const value = { applied: said !== null, added, changed, removed, unchanged: diff.unchanged.length };
  const table = () => {
    if (added.length + changed.length + removed.length === 0) return 'nothing to do: the table is like that';
    // Who was asked has seen the changes.
    const isSeen = said !== null && options.yes !== true;
    return [
      ...(isSeen ? [] : [renderDiff(diff)]),
      said === null ? 'nothing was changed' : plainLine(said),
    ].join('\n');
  };
  await show({ value, table }, options, context);
}

/** One line a key: `+` new, `~` changed, `-` deleted. */
function renderDiff({ added, changed, removed }: TableDiff): string {
  return [
    ...removed.map((change) => `- ${item(change, change.old)}`),
    ...changed.map((change) => `~ ${item(change, change.old)} -> ${plainLine(change.new ?? '')}`),
    ...added.map((change) => `+ ${item(change, change.new)}`),
  ].join('\n');
}

function item({ key }: TableChange, value: string | null): string {
  return `${plainLine(key)}: ${plainLine(value ?? '')}`;
}
