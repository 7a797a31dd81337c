// `cs-interact serve`: an Interaction API of one's own. The server is loaded only when it is to run.
import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addServeOptions, type ServeOptions } from './serve-options.ts';

const keysHelp = `
The key file, which "cs-interact key" makes and changes:
  { "keys": [ { "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "change-me",
                "caller": "AROAEXAMPLE", "instanceId": "i-0ab",
                "userArn": "arn:aws:sts::111111111111:assumed-role/web/i-0ab" },
              { "accessKeyId": "AKIDOPERATOR", "secretAccessKey": "change-me",
                "caller": "AIDAEXAMPLE", "allow": ["*"], "deny": ["POST/scheduler*"],
                "userArn": "arn:aws:iam::111111111111:user/operator" } ],
    "queueSenders": ["arn:aws:iam::111111111111:user/*"] }

A key stands for the instance that its instanceId names, or its caller as EC2's
role sessions do (ROLE:INSTANCE). "allow" and "deny" have rules as IAM has them,
METHOD/path, in which * is any characters and ? any one; "deny" wins. Without
"allow" an instance's key may GET/metadata, and any other key nothing.
A message to the queue is matched as POST/notify/ackevent, POST/backup and so on.
"queueSenders" says by ARN who may send anything that "deny" does not refuse.
Without it, in d2 keys of the account may send what their "allow" has; before d2
nobody. A key may have a "sessionToken" and an "expiresAt" such as
"2030-01-31T12:00:00Z".
Let only its owner read the file: chmod 600 keys.json`;

export function addServeCommand(program: Command, context: CommandContext): void {
  addServeOptions(program.command('serve'))
    .description('answer the Interaction API and its queue, every signature verified, until SIGTERM')
    .addHelpText('after', keysHelp)
    .action(async (options: ServeOptions) => {
      const { serve } = await import('./serve.ts');
      await serve(options, context);
    });
}
