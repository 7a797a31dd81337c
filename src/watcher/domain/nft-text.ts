// The drain table as nft(8) reads it: what native/nftables/definition.cc installs, as text for people. A kernel test compares the two.
import type { DrainRuleset } from './desired-firewall.ts';
import { formatPortRange } from './port-ranges.ts';

const TABLE = 'table inet cs-instance-watcher';
/** Our mark, by which the agent recognises a table of ours whoever loaded it. */
const MARK = 'cs-instance-watcher 1 refuses new TCP connections while this instance drains';
/** A comment: nft before 1.1 cannot read these flags, and the table would be nft's own, not the agent's. */
const OWNERSHIP =
  '# flags owner, persist: the agent sets them where the kernel has them (Linux 6.9); nft before 1.1 cannot read them';

const ELEMENTS_PER_LINE = 8;

/**
 * A file for `nft -f` that puts the table in the place of an absent or plain one of its name, in one transaction. The kernel
 * refuses it where the agent protects its table (`nft -c` too). `ownership` as in `--table-ownership`: `auto` names the flags
 * in a comment.
 */
export function nftText(ruleset: DrainRuleset, ownership: 'auto' | 'plain'): string {
  const { allowFrom, includeLoopback, closing } = ruleset;
  const ports = ruleset.ports.map(formatPortRange);
  const allow4 = allowFrom.filter((cidr) => !cidr.includes(':'));
  const allow6 = allowFrom.filter((cidr) => cidr.includes(':'));
  const exemptions = [
    'fib daddr type != local return',
    ...when(allow4.length > 0, 'ip saddr @allow4 return'),
    ...when(allow6.length > 0, 'ip6 saddr @allow6 return'),
  ];
  const notLoopback = 'iif != "lo" ';
  const blocks = [
    set('ports', 'inet_service', ports, ['counter']),
    ...when(closing, set('closing-ports', 'inet_service', ports)),
    ...when(allow4.length > 0, set('allow4', 'ipv4_addr', allow4)),
    ...when(allow6.length > 0, set('allow6', 'ipv6_addr', allow6)),
    block('chain prerouting', [
      'type filter hook prerouting priority -150; policy accept;',
      `${includeLoopback ? '' : notLoopback}tcp flags & (fin|syn|rst|ack) == syn jump new-connection`,
      ...when(closing, `${notLoopback}ct direction original ct status dnat jump closing`),
    ]),
    block('chain new-connection', [...exemptions, 'tcp dport @ports reject with tcp reset']),
    ...when(
      closing,
      block('chain closing', [
        ...exemptions,
        'tcp flags ! rst tcp dport @closing-ports reject with tcp reset',
      ]),
    ),
  ];
  const head = [...when(ownership === 'auto', OWNERSHIP), `comment "${MARK}"`];
  return `${nftRemovalText()}${TABLE} {\n${indent(head.join('\n'))}\n\n${blocks.map(indent).join('\n\n')}\n}\n`;
}

/** A file for `nft -f` that leaves no table of our name, whether there is one or not. The kernel refuses it as `nftText`'s. */
export function nftRemovalText(): string {
  // What is added first can be deleted whatever was there; `destroy` needs Linux 6.3 and nft 1.0.7.
  return `${TABLE}\ndelete ${TABLE}\n`;
}

function set(
  name: string,
  type: string,
  words: readonly string[],
  statements: readonly string[] = [],
): string {
  return block(`set ${name}`, [`type ${type}`, 'flags interval', ...statements, elements(words)]);
}

function elements(words: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += ELEMENTS_PER_LINE)
    lines.push(words.slice(at, at + ELEMENTS_PER_LINE).join(', '));
  const [only, ...more] = lines;
  return more.length === 0 ? `elements = { ${only} }` : `elements = {\n${indent(lines.join(',\n'))}\n}`;
}

function block(head: string, lines: readonly string[]): string {
  return `${head} {\n${indent(lines.join('\n'))}\n}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '\t');
}

function when(condition: boolean, text: string): string[] {
  return condition ? [text] : [];
}
