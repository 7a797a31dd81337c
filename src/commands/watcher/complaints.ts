// What a command says on stderr: one line, with the program's and its own name.

/** Writes such lines for the command of this name. */
export function complaints(command: string): (text: string) => void {
  return (text) => void process.stderr.write(`cs-instance-watcher: ${command}: ${text}\n`);
}
