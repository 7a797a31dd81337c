// How many port ranges are worth a series each.

/** With more ranges than this only their sum is exported. */
export const MAX_RANGES = 256;
/** The label's value when it stands for every range. */
export const ALL_RANGES = 'all';
export const RANGES_HELP = `by port range, as 80 or 8000-8100; with more than ${MAX_RANGES} ranges only their sum, as range "${ALL_RANGES}"`;
