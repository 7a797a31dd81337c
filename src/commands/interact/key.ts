// `cs-interact key`: the access keys that a server of one's own accepts. A running server follows its key file by itself.
import { type Command, Option } from 'commander';
import type { KeyFileDocument } from '../../interaction/server/keys/change-key-file.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { addKeyCreateCommand } from './key-create.ts';
import { type OutputOptions, outputFormats } from './output/show.ts';

interface FileOption {
  readonly keys: string;
}

export function addKeyCommand(program: Command, context: CommandContext): void {
  const key = program.command('key').description('the access keys that a server accepts');

  addKeyCreateCommand(key, context);

  key
    .command('list')
    .description('show the keys of a file, without their secrets')
    .requiredOption('--keys <file>', 'key file')
    .addOption(
      new Option('--output <format>', 'instead of a table on a terminal and JSON elsewhere').choices(
        outputFormats,
      ),
    )
    .action(async (options: FileOption & OutputOptions) => {
      const { startWithPath, readKeyFile } = await loadKeyFiles();
      const { listKeys } = await import('./key-list.ts');
      await startWithPath('--keys', options.keys, async () => {
        const document = await readKeyFile(options.keys);
        if (document === null) throw new CommandFailure(1, `--keys: ${options.keys}: there is no such file`);
        await listKeys(document, options, context);
      });
    });

  key
    .command('remove <id>')
    .description('take a key out of the key file; a server refuses it from the next request on')
    .requiredOption('--keys <file>', 'key file')
    .action(async (id: string, { keys }: FileOption) => {
      const { startWithPath, changeKeyFile } = await loadKeyFiles();
      await startWithPath('--keys', keys, () => changeKeyFile(keys, (document) => without(document, id)));
    });
}

/** Loaded here, so that help and completion need not wait for it. */
async function loadKeyFiles() {
  return {
    ...(await import('../../interaction/server/keys/change-key-file.ts')),
    ...(await import('./start-failure.ts')),
  };
}

function without(document: KeyFileDocument, id: string): KeyFileDocument {
  const keys = document.keys.filter(({ accessKeyId }) => accessKeyId !== id);
  if (keys.length < document.keys.length) return { ...document, keys };
  throw new CommandFailure(1, 'the file has no key of that id: "cs-interact key list" shows those it has');
}
