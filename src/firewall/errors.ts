// Every failure of the addon, as one class with a code that callers branch on.

/**
 * - `no-permission`   no CAP_NET_ADMIN in the namespace's user namespace (EPERM)
 * - `no-nftables`     the kernel has no nf_tables, or lacks an expression the table needs
 * - `foreign-table`   a table of our name that does not carry our mark
 * - `table-held`      our table is owned by another live socket (a second writer)
 * - `read-back`       the kernel accepted the batch but what it holds now differs
 * - `bad-argument`    the caller's ruleset is malformed
 * - `closed`          the firewall was closed
 * - `locked`          another process holds the lock; `detail` is its pid, where it is known
 * - `kernel`          any other refusal; see `errno` and `detail`
 */
export type FirewallErrorCode =
  | 'no-permission'
  | 'no-nftables'
  | 'foreign-table'
  | 'table-held'
  | 'read-back'
  | 'bad-argument'
  | 'closed'
  | 'locked'
  | 'kernel';

/**
 * A failed operation of the firewall. Nothing was changed, unless the code is `read-back`, or `kernel` with an errno of the
 * socket (the answer was lost) or EAGAIN (other writers kept changing the ruleset): then look.
 */
export class FirewallError extends Error {
  override readonly name = 'FirewallError';
  readonly code: FirewallErrorCode;
  /** `apply`, `remove`, `inspect`, `monitor`, `connections`, `destroy`, `probe`, `open`, `notify`, `lock`, `openPipe`, `releaseResidentMemory`, `findIptablesChain`, `tryKernel`, `listBaseChains`, `listLegacyPrerouting`. */
  readonly operation: string;
  /** Positive errno, 0 when the kernel gave none. */
  readonly errno: number;
  /** The kernel's extended acknowledgement, or what differs; may be empty. */
  readonly detail: string;

  constructor(code: FirewallErrorCode, operation: string, message: string, errno = 0, detail = '') {
    super(message);
    this.code = code;
    this.operation = operation;
    this.errno = errno;
    this.detail = detail;
  }
}
