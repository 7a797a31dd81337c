// `cs-interact key`: the access keys that a server of one's own accepts. A running server follows its key file by itself.
import { type Command, Option } from 'commander';
import type { KeyFileDocument } from '../../interaction/server/keys/change-key-file.ts';
import { type CommandContext, CommandFailure } from './command-context.ts';
import { addRuleOptions, type ChangeOptions, requireChange, withRules } from './key-change.ts';
import { addKeyCreateCommand } from './key-create.ts';
import { type OutputOptions, outputFormats } from './output/show.ts';

interface FileOptions extends OutputOptions {
  readonly keys: string;
}

export function addKeyCommand(program: Command, context: CommandContext): void {
  const key = program.command('key').description('the access keys that a server accepts');

  addKeyCreateCommand(key, context);

  const list = key.command('list').description('show the keys of a file, without their secrets');
  addFileOptions(list).action(async (options: FileOptions) => {
    const { startWithPath, readKeyFile, showKeys } = await loadKeyFiles();
    await startWithPath('--keys', options.keys, async () => {
      const document = await readKeyFile(options.keys);
      if (document === null) throw new CommandFailure(1, `--keys: ${options.keys}: there is no such file`);
      await showKeys(document, options, context);
    });
  });

  const change = key
    .command('change <id>')
    .description('change what a key may do; a server follows from the next request on');
  addRuleOptions(addFileOptions(change)).action(async (id: string, options: ChangeOptions) => {
    requireChange(options, context);
    await changeAndShow(id, options, (document) => {
      const changed = withRules(document, id, options);
      return { changed, shown: only(changed, id) };
    });
  });

  const remove = key
    .command('remove <id>')
    .description('take a key out of the key file and show it; a server refuses it from the next request on');
  addFileOptions(remove).action((id: string, options: FileOptions) =>
    changeAndShow(id, options, (document) => {
      const keys = document.keys.filter(({ accessKeyId }) => accessKeyId !== id);
      return { changed: { ...document, keys }, shown: only(document, id) };
    }),
  );

  /** Changes the file, and shows the key that it is about. */
  async function changeAndShow(
    id: string,
    options: FileOptions,
    edit: (document: KeyFileDocument) => { changed: KeyFileDocument; shown: KeyFileDocument },
  ): Promise<void> {
    const { startWithPath, changeKeyFile, showKeys } = await loadKeyFiles();
    let edited: ReturnType<typeof edit> | undefined;
    const change = (document: KeyFileDocument): KeyFileDocument => {
      if (only(document, id).keys.length === 0) {
        const advice = '"cs-interact key list" shows those it has';
        throw new CommandFailure(1, `the file has no key of that id: ${advice}`);
      }
      edited = edit(document);
      return edited.changed;
    };
    await startWithPath('--keys', options.keys, () => changeKeyFile(options.keys, change, context.warn));
    await showKeys(edited!.shown, options, context);
  }
}

function addFileOptions(command: Command): Command {
  const output = new Option('--output <format>', 'instead of a table on a terminal and JSON elsewhere');
  return command.requiredOption('--keys <file>', 'key file').addOption(output.choices(outputFormats));
}

/** Loaded here, so that help and completion need not wait for it. */
async function loadKeyFiles() {
  return {
    ...(await import('../../interaction/server/keys/change-key-file.ts')),
    ...(await import('./start-failure.ts')),
    ...(await import('./key-list.ts')),
  };
}

/** The file with that key alone, or none. */
function only(document: KeyFileDocument, id: string): KeyFileDocument {
  return { ...document, keys: document.keys.filter(({ accessKeyId }) => accessKeyId === id) };
}
