// The kernel's features, by doing with them what a drain does, in a network namespace where nobody is.
import type { KernelTrial, KernelTrialStep } from '../../../../firewall/kernel-trial.ts';
import { type Check, type Finding, notRun, ok, problem, warning } from '../check.ts';

export const kernel: Check = {
  id: 'kernel',
  title: 'kernel features',
  place: 'host',
  look: async ({ kernel, uid, config }) =>
    judgeKernel(await kernel.tryTable(), { uid, isClosing: config.onDrainTimeout === 'close' }),
};

/** Steps that only `--on-drain-timeout close` is in need of. */
const NEEDED_TO_CLOSE = /^(closing chain|socket destroy)/;

export function judgeKernel(
  trial: KernelTrial,
  { uid, isClosing }: { readonly uid: number; readonly isClosing: boolean },
): Finding {
  if (trial.kind === 'not-run') {
    return notRun(
      `not tried in a namespace of its own: ${trial.reason}`,
      uid === 0 ? null : 'run it as root',
    );
  }
  const linux = `Linux ${trial.kernelRelease}`;
  const failed = trial.steps.filter(({ ok }) => !ok);
  const lacking = failed.filter(({ required }) => required);
  if (lacking.length > 0) {
    return problem(
      `${linux} cannot: ${named(lacking)}`,
      'modprobe -a nf_tables nft_reject_inet nft_fib_inet; where there are no such modules, boot a kernel of 5.10 or later with CONFIG_NF_TABLES_INET, CONFIG_NFT_REJECT and CONFIG_NFT_FIB_INET',
    );
  }
  const missed = isClosing ? failed.filter(({ name }) => NEEDED_TO_CLOSE.test(name)) : [];
  if (missed.length > 0) {
    return warning(
      `${linux} cannot: ${named(missed)}, which --on-drain-timeout close needs`,
      'modprobe -a inet_diag tcp_diag nf_conntrack; else --on-drain-timeout keep',
    );
  }
  const without =
    failed.length === 0 ? '' : `; without ${named(failed)}: the agent takes the nearest form, or tells less`;
  return ok(`${linux}: a drain table was put in, refused a connection and was taken out${without}`);
}

function named(steps: readonly KernelTrialStep[]): string {
  return steps.map(({ name, detail }) => (detail === null ? name : `${name} (${detail})`)).join(', ');
}
