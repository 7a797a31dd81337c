// The language of the control socket, version 1: HTTP/1.1 over a Unix socket, JSON in, JSON or NDJSON out. Both ends read it
// here; docs/schemas/control.schema.json describes it to others.
import { join } from 'node:path';
import type { DrainOutcome } from '../domain/drain.ts';
import { isWellFormedState } from '../domain/instance-state.ts';
import type { LeaseEnd, LeaseHolder } from '../domain/lease.ts';
import type { StatusLease } from '../observe/status-document.ts';

/** The socket of the agent whose runtime directory this is. */
export function controlSocketPath(runtimeDir: string): string {
  return join(runtimeDir, 'control.sock');
}

export const PATHS = {
  /** GET: a StatusDocument. */
  status: '/v1/status',
  /** GET, `?timeout=SECONDS`: a DrainView once settled, with 200 when drained, else with 408, as when the time is over. */
  drained: '/v1/drained',
  /** POST a LeaseRequest: LeaseEvents, one a line, for as long as the lease lasts. DELETE `/v1/lease/ID` ends it. */
  lease: '/v1/lease',
  /** GET: Prometheus text. */
  metrics: '/metrics',
} as const;

export const MAX_BODY_BYTES = 65_536;
export const LEASE_SECONDS = { min: 1, max: 86_400 } as const;
/** Longest wait that one request may ask for. */
export const MAX_WAIT_SECONDS = 604_800;
const MAX_REASON_LENGTH = 200;
/** The kernel's own limit. */
const MAX_PID = 4_194_304;

export type LeaseRequest =
  | {
      readonly kind: 'override';
      readonly verdict: 'open' | 'closed';
      readonly reason: string;
      readonly seconds: number;
      readonly holder?: LeaseHolder;
    }
  | {
      readonly kind: 'simulation';
      readonly state: string;
      readonly seconds: number;
      readonly holder?: LeaseHolder;
    };

/** What the kernel says while a lease is in force, or after it. */
export interface Effect {
  /** Null when the kernel could not be asked. */
  readonly refusing: boolean | null;
  /** `80` or `8000-8100`; empty without ports. */
  readonly ports: readonly string[];
  /** When connections will be refused, with --refuse-delay. */
  readonly refusesAt: string | null;
  readonly problem: string | null;
}

export type LeaseEvent =
  | {
      readonly event: 'in-force';
      readonly id: string;
      readonly lease: StatusLease;
      readonly effect: Effect;
    }
  /** `effect` is null when the agent ends. */
  | { readonly event: 'ended'; readonly why: LeaseEnd; readonly effect: Effect | null };

/** How far a drain has come. */
export interface DrainView {
  readonly drained: boolean;
  /** A drain is under way, or has come to its end. */
  readonly draining: boolean;
  readonly outcome: DrainOutcome | null;
  /** Null when they are not counted, or cannot be. */
  readonly connectionsLeft: number | null;
  /** Scripts run, or wait to: those of the drain's outcome among them. */
  readonly scriptsPending: boolean;
  /** An override keeps the ports open: until then nothing drains. */
  readonly overriddenUntil: string | null;
}

/** Whether there is nothing left to wait for: the drain has an outcome that stands, and its scripts have ended. */
export function isSettled({ drained, outcome, scriptsPending }: DrainView): boolean {
  return (drained || outcome === 'timeout') && !scriptsPending;
}

export type RefusalCode =
  | 'bad-request'
  | 'not-found'
  | 'method-not-allowed'
  | 'too-large'
  | 'lease-held'
  | 'internal';

/** What every status but 200 and 408 comes with. */
export interface Refusal {
  readonly error: RefusalCode;
  readonly message: string;
  /** With `lease-held`: the one in force. */
  readonly lease?: StatusLease;
}

/** A request that cannot be followed; the message says what was expected. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Reads the body of a lease's request. Throws `ProtocolError`. */
export function parseLeaseRequest(body: string): LeaseRequest {
  const document = parseObject(body);
  const { kind, seconds } = document;
  if (kind === 'override') {
    refuseUnknownKeys(document, ['kind', 'verdict', 'reason', 'seconds', 'holder']);
    const { verdict, reason } = document;
    if (verdict !== 'open' && verdict !== 'closed')
      throw new ProtocolError(`verdict: expected "open" or "closed", got ${quoted(verdict)}`);
    return {
      kind,
      verdict,
      reason: parseReason(reason),
      seconds: parseLeaseSeconds(seconds),
      ...parseHolder(document.holder),
    };
  }
  if (kind === 'simulation') {
    refuseUnknownKeys(document, ['kind', 'state', 'seconds', 'holder']);
    return {
      kind,
      state: parseState(document.state),
      seconds: parseLeaseSeconds(seconds),
      ...parseHolder(document.holder),
    };
  }
  throw new ProtocolError(`kind: expected "override" or "simulation", got ${quoted(kind)}`);
}

/** One line that a person wrote, for those who will read it. Throws `ProtocolError`. */
export function parseReason(reason: unknown): string {
  const isFit =
    typeof reason === 'string' &&
    reason.trim() !== '' &&
    [...reason].length <= MAX_REASON_LENGTH &&
    // Controls, invisible formatting, lone surrogates and line ends, which would reach logs and scripts.
    !/[\p{C}\p{Zl}\p{Zp}]/u.test(reason);
  if (isFit) return reason;
  const expected = `expected one line of 1 to ${MAX_REASON_LENGTH} printable characters`;
  throw new ProtocolError(`reason: ${expected}, got ${quoted(reason)}`);
}

/** Throws `ProtocolError`. */
export function parseState(state: unknown): string {
  if (typeof state === 'string' && isWellFormedState(state)) return state;
  const expected = 'expected a name such as draining (a-z, then a-z, 0-9, _ and -, at most 64 characters)';
  throw new ProtocolError(`state: ${expected}, got ${quoted(state)}`);
}

/** As a member, absent where it was not sent. */
function parseHolder(holder: unknown): { readonly holder?: LeaseHolder } {
  if (holder === undefined) return {};
  const { pid, user, terminal, ...others } = (holder ?? {}) as { [member: string]: unknown };
  const isFit =
    Number.isInteger(pid) &&
    (pid as number) > 0 &&
    (pid as number) <= MAX_PID &&
    isName(user) &&
    (terminal === null || isName(terminal)) &&
    Object.keys(others).length === 0;
  if (isFit) return { holder: { pid, user, terminal } as LeaseHolder };
  const expected = 'expected a pid, a user and a terminal (or null)';
  throw new ProtocolError(`holder: ${expected}, got ${quoted(holder)}`);
}

/** Whether it can be the name of a user or a terminal in a message: one printable word. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{C}\p{Z}]{1,64}$/u.test(value);
}

function parseLeaseSeconds(seconds: unknown): number {
  const { min, max } = LEASE_SECONDS;
  if (typeof seconds === 'number' && seconds >= min && seconds <= max) return seconds;
  throw new ProtocolError(`seconds: expected ${min} to ${max} (${max / 3600} hours), got ${quoted(seconds)}`);
}

/** Milliseconds that `?timeout=` asks for; null is without limit. Throws `ProtocolError`. */
export function parseWait(query: URLSearchParams): number | null {
  const text = query.get('timeout') ?? '0';
  const seconds = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= MAX_WAIT_SECONDS)) {
    const expected = `expected 0 (without limit) to ${MAX_WAIT_SECONDS} seconds`;
    throw new ProtocolError(`timeout: ${expected}, got ${quoted(text)}`);
  }
  return seconds === 0 ? null : seconds * 1000;
}

function parseObject(body: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    throw new ProtocolError(`the body is not JSON: ${quoted(body)}`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new ProtocolError(`the body is not a JSON object: ${quoted(document)}`);
  return document as Readonly<Record<string, unknown>>;
}

function refuseUnknownKeys(document: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(document).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new ProtocolError(`${quoted(unknown)} is not expected: ${known.join(', ')} are`);
}

/** What was sent, for a message: on one line, and no longer than tells it apart. */
function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
