// All faults that a sequence of two changes tries, in the order of their table.
import type { Fault } from './fault.ts';
import { HUNG_FAULTS } from './hung-file-system.ts';
import { OUTPUT_FAULTS } from './output.ts';
import { REFUSED_FAULTS } from './refused.ts';
import { REPLACED_FAULTS } from './replaced.ts';
import { RUNNING_FAULTS } from './running.ts';

export const FAULTS: readonly Fault[] = [
  ...RUNNING_FAULTS,
  ...OUTPUT_FAULTS,
  ...REFUSED_FAULTS,
  ...REPLACED_FAULTS,
  ...HUNG_FAULTS,
];
