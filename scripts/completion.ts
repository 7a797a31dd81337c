// Writes what makes bash complete both programs: node scripts/completion.ts DIR, where bash-completion finds them by name.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { bashScript } from '../src/commands/interact/completion/bash.ts';
import { completionTree } from '../src/commands/interact/completion/tree.ts';
import { watcherCompletion } from './completion/watcher-bash.ts';
import { describeInteract } from './interact-program.ts';

/** Writes DIRECTORY/cs-instance-watcher and DIRECTORY/cs-interact, from the definitions that --help is printed from. */
export function writeCompletions(directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'cs-instance-watcher'), watcherCompletion());
  const interact = describeInteract(manifest.version);
  writeFileSync(join(directory, interact.name()), bashScript(completionTree(interact)));
}

if (import.meta.main) {
  const [directory, ...more] = process.argv.slice(2);
  if (directory === undefined || directory.startsWith('-') || more.length > 0) {
    process.stderr.write('completion: usage: node scripts/completion.ts DIR\n');
    process.exitCode = 2;
  } else {
    writeCompletions(directory);
  }
}
