// `doctor`: what keeps the agent from its work on this host, or will surprise, and what to do about it. Changes nothing, takes
// no lock and starts no process, so that it can run beside the agent.
import { OPTIONS, SETTINGS } from '../../../watcher/config/options.ts';
import { resolveConfig } from '../../../watcher/config/resolve.ts';
import { EXIT } from '../exit-status.ts';
import { connectAws } from '../settings.ts';
import type { Situation, Subcommand, SubcommandLine } from '../subcommand.ts';
import { createAwsSurvey } from './aws-survey.ts';
import { CHECKS } from './checks.ts';
import { HostFiles } from './host-files.ts';
import { hostKernel } from './host-kernel.ts';
import { toReport, toText } from './report.ts';
import { runChecks } from './run-checks.ts';

/** Under 30 s together. The slowest way through AWS, past a slow Discovery function to a silent API, takes about 23 s. */
const TIMEOUTS = { hostMs: 5_000, awsMs: 24_000 };

/** What is asked of the agent, but for what makes it do something else than run. */
const ASKED = SETTINGS.filter((setting) => OPTIONS[setting].only !== 'command-line');

export const DOCTOR: Subcommand = {
  name: 'doctor',
  summary: 'look for what keeps the agent from its work, and say what to do',
  settings: ASKED,
  declare: (command) =>
    command
      .description(
        'Looks at kernel, rights, AWS, clock, scripts and other firewalls as the agent meets them, and says what to do. ' +
          'Give it the options of the agent. It changes nothing and may run beside an agent.',
      )
      .usage('[--bake] [--json] [options of the agent]')
      .option('--bake', 'check an image that is being made: no AWS is asked, nothing of the builder may stay')
      .option('--json', 'one JSON object instead of lines')
      .addHelpText(
        'after',
        '\nExit status: 0 no problem (there may be warnings), 1 a problem, 2 usage or configuration.',
      ),
  run: doctor,
};

async function doctor({ given, options }: SubcommandLine, situation: Situation): Promise<number> {
  const { env, cwd, version } = situation;
  const resolved = resolveConfig({ given, env, cwd });
  const aws = connectAws(env, version, resolved.config);
  const ending = new AbortController();
  try {
    const checks = await runChecks(
      CHECKS,
      {
        ...resolved,
        env,
        isBake: options.bake === true,
        uid: process.geteuid?.() ?? 0,
        host: new HostFiles(),
        kernel: hostKernel,
        aws: createAwsSurvey(resolved.config, aws, ending.signal),
      },
      TIMEOUTS,
    );
    const report = toReport(checks, version);
    process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : toText(report));
    return report.problems === 0 ? EXIT.done : EXIT.error;
  } finally {
    ending.abort();
    aws.http.close();
    aws.imds.close();
  }
}
