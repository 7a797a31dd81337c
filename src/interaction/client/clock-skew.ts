// How far this host's clock is off, as the refusal of a signature tells.

/**
 * Milliseconds that the server is ahead of this host: by the two times in the server's words, else by the answer's `Date`.
 * Null when neither is there.
 */
export function clockSkewMs(said: string, dateHeader: string, nowMs: number): number | null {
  // `Signature expired: <signed at> is now earlier than <limit> (<server's time> - 5 min.)`, and its counterpart.
  const [, signedAt, serverTime] =
    /: (\d{8}T\d{6}Z) is (?:now earlier|still later) than \d{8}T\d{6}Z \((\d{8}T\d{6}Z) [-+]/.exec(said) ??
    [];
  if (signedAt !== undefined && serverTime !== undefined)
    return parseBasic(serverTime) - parseBasic(signedAt);
  const serverMs = Date.parse(dateHeader);
  return Number.isNaN(serverMs) ? null : serverMs - nowMs;
}

/** In words, for a person: `this host's clock is 17 minutes behind`. */
export function describeSkew(skewMs: number | null): string {
  if (skewMs === null) return "this host's clock is off";
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const [count, unit] =
    seconds < 120
      ? [seconds, 'seconds']
      : seconds < 7200
        ? [Math.round(seconds / 60), 'minutes']
        : [Math.round(seconds / 3600), 'hours'];
  return `this host's clock is ${count} ${unit} ${skewMs > 0 ? 'behind' : 'ahead'}`;
}

function parseBasic(text: string): number {
  return Date.parse(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
