// What is read of a host's files: processes, locks, sockets, routes, devices, and what a builder leaves behind.
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { optionsOfAgent } from '../../../../../src/commands/watcher/doctor/agent-options.ts';
import { findAgent } from '../../../../../src/commands/watcher/doctor/agent-presence.ts';
import { agent } from '../../../../../src/commands/watcher/doctor/checks/agent.ts';
import { judgeTraces, tracesOf } from '../../../../../src/commands/watcher/doctor/checks/builder-traces.ts';
import { ebpf, tracesOfEbpf } from '../../../../../src/commands/watcher/doctor/checks/ebpf.ts';
import { ipvs, virtualServices } from '../../../../../src/commands/watcher/doctor/checks/ipvs.ts';
import {
  lookAtNamespaces,
  namespaces,
} from '../../../../../src/commands/watcher/doctor/checks/namespaces.ts';
import { oldAgent } from '../../../../../src/commands/watcher/doctor/checks/old-agent.ts';
import { lookAtScripts } from '../../../../../src/commands/watcher/doctor/checks/scripts.ts';
import { serviceEnabled } from '../../../../../src/commands/watcher/doctor/checks/service-enabled.ts';
import { vrfDevices } from '../../../../../src/commands/watcher/doctor/checks/vrf.ts';
import { networkDevices } from '../../../../../src/commands/watcher/doctor/network-devices.ts';
import { pythonAgents, runningAgents } from '../../../../../src/commands/watcher/doctor/processes.ts';
import {
  defaultGateway,
  hasDefaultRoute,
  hasDefaultRoute6,
} from '../../../../../src/commands/watcher/doctor/routes.ts';
import { waitingPorts } from '../../../../../src/commands/watcher/doctor/sockets.ts';
import type { Subject } from '../../../../../src/commands/watcher/doctor/subject.ts';
import { resolveConfig } from '../../../../../src/watcher/config/resolve.ts';
import { type Content, fakeHost } from './fake-host.ts';

const PORTS = [{ first: 80, last: 90 }];
const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue\n';
const ROUTE_HEADER = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';
/** By way of 172.17.0.1, as a container on Docker's bridge has it. */
const BRIDGED = `${ROUTE_HEADER}eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`;
/** By way of 10.0.0.1, the router of a VPC. */
const ROUTED = `${ROUTE_HEADER}eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`;
const LISTENS_ON_80 = `${HEADER}   0: 00000000:0050 00000000:0000 0A 0 0\n`;

function subject(host: Subject['host'], more: object = {}): Subject {
  return { ...resolveConfig({ given: new Map(), env: {}, cwd: '/' }), host, env: {}, ...more } as Subject;
}

describe('processes', () => {
  const content: Content = {
    // Under its title; as the bundle, before it has one; other commands; a path that only ends alike.
    '/proc/10/cmdline': 'cs-instance-watcher --force\0\0\0',
    '/proc/11/cmdline': '/opt/x/runtime/node\0/opt/x/lib/cs-instance-watcher.cjs\0--force\0',
    '/proc/12/cmdline': 'cs-instance-watcher doctor --json\0',
    '/proc/13/cmdline': 'vi\0/opt/cs-instance-watcher\0',
    '/proc/14/cmdline': 'cs-instance-watcher\0',
    '/proc/20/cmdline': '/usr/bin/python3\0/usr/local/bin/cs-instance-watcher\0--force\0',
    '/proc/21/cmdline': 'python3.11\0-u\0./cs-instance-watcher.py\0',
    '/proc/22/cmdline': 'python3\0edit.py\0/usr/local/bin/cs-instance-watcher\0',
    '/proc/23/cmdline': '',
    // In another network.
    '/proc/30/cmdline': 'cs-instance-watcher\0',
    '/proc/30/ns/net': '-> net:[2]',
    '/proc/31/cmdline': 'python3\0/usr/local/bin/cs-instance-watcher\0',
    '/proc/31/ns/net': '-> net:[2]',
    '/proc/self/cmdline': 'python3\0/usr/local/bin/cs-instance-watcher\0',
    '/proc/self/ns/net': '-> net:[1]',
    ...Object.fromEntries(
      [10, 11, 12, 13, 14, 20, 21, 22].map((pid) => [`/proc/${pid}/ns/net`, '-> net:[1]']),
    ),
  };

  it('are told by their command lines: agents of ours', (t) => {
    const { host } = fakeHost(t, content);
    assert.deepEqual(runningAgents(host, 7, 14), [
      { pid: 10, args: '--force' },
      { pid: 11, args: '--force' },
    ]);
  });

  it('are told by their command lines: the Python tool', (t) => {
    const { host } = fakeHost(t, content);
    assert.deepEqual(pythonAgents(host, 7), [
      { pid: 20, args: '--force' },
      { pid: 21, args: '' },
    ]);
  });
});

describe('the agent', () => {
  it('is the process that holds the lock, by device and inode', (t) => {
    const { host, root } = fakeHost(t, {
      '/run/x/lock': '10\n',
      '/proc/10/cmdline': 'cs-instance-watcher --force\0',
      '/proc/10/cgroup': '0::/system.slice/cs-instance-watcher.service\n',
      '/proc/10/ns/net': '-> net:[1]',
      '/proc/11/cmdline': 'cs-instance-watcher --api-url x\0',
      '/proc/11/ns/net': '-> net:[1]',
      '/proc/12/cmdline': 'cs-instance-watcher\0',
      '/proc/12/ns/net': '-> net:[2]',
      '/proc/self/ns/net': '-> net:[1]',
      '/proc/locks': '',
    });
    const { dev, ino } = statSync(join(root, 'run/x/lock'));
    const hex = (number: number) => number.toString(16).padStart(2, '0');
    const file = `${hex((dev >> 8) & 0xfff)}:${hex((dev & 0xff) | ((dev >> 12) & 0xfff00))}:${ino}`;
    const locks = [
      `1: POSIX  ADVISORY  WRITE 98 ${file} 0 EOF`,
      `2: FLOCK  ADVISORY  WRITE 99 ff:ff:${ino} 0 EOF`,
      `3: FLOCK  ADVISORY  WRITE 10 ${file} 0 EOF`,
    ];
    assert.equal(findAgent({ host, uid: 0, config: { runtimeDir: '/run/x' } }, 1).pid, null);
    writeFileSync(join(root, 'proc/locks'), `${locks.join('\n')}\n`);
    assert.deepEqual(findAgent({ host, uid: 0, config: { runtimeDir: '/run/x' } }, 1), {
      pid: 10,
      unit: 'cs-instance-watcher.service',
      args: '--force',
      others: [{ pid: 11, args: '--api-url x' }],
    });
  });
});

describe('sockets', () => {
  it('wait for clients: TCP listeners and UDP sockets without a peer, of both families', (t) => {
    const { host } = fakeHost(t, {
      '/net/tcp': `${LISTENS_ON_80}   1: 00000000:0051 00000000:0000 01 0 0\n   2: 00000000:1F90 00000000:0000 0A 0 0\n`,
      '/net/tcp6': `${HEADER}   0: 00000000000000000000000000000000:005A 00000000000000000000000000000000:0000 0A 0 0\n`,
      '/net/udp': `${HEADER}   0: 00000000:0055 00000000:0000 07 0 0\n   1: 00000000:0056 0100007F:0035 01 0 0\n`,
    });
    assert.deepEqual(waitingPorts(host, '/net', 'tcp', PORTS), [80, 90]);
    assert.deepEqual(waitingPorts(host, '/net', 'udp', PORTS), [85]);
    assert.deepEqual(waitingPorts(host, '/gone', 'udp', PORTS), []);
  });
});

describe('routes', () => {
  for (const [name, text, has, gateway] of [
    ['none', ROUTE_HEADER, false, null],
    ['through a gateway', BRIDGED, true, '172.17.0.1'],
    [
      'on the link',
      `${ROUTE_HEADER}eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n`,
      true,
      null,
    ],
    [
      'of a network',
      `${ROUTE_HEADER}eth0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n`,
      false,
      null,
    ],
    ['unreachable', `${ROUTE_HEADER}*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n`, false, null],
  ] as const) {
    it(`default route: ${name}`, () => {
      const lines = text.split('\n');
      assert.deepEqual([hasDefaultRoute(lines), defaultGateway(lines)], [has, gateway]);
    });
  }

  const zero = '0'.repeat(32);
  for (const [name, line, has] of [
    ['there', `${zero} 00 ${zero} 00 fe80${'0'.repeat(28)} 00000400 1 0 00000003 eth0`, true],
    [
      'the rejecting one that every host has',
      `${zero} 00 ${zero} 00 ${zero} ffffffff 1 0 00200200 lo`,
      false,
    ],
    ['of a network', `fd00${'0'.repeat(28)} 40 ${zero} 00 ${zero} 00000100 1 0 00000001 eth0`, false],
  ] as const) {
    it(`IPv6 default route: ${name}`, () => assert.equal(hasDefaultRoute6([line]), has));
  }
});

describe('a root without /proc', () => {
  for (const check of [agent, oldAgent, namespaces, ipvs, ebpf])
    it(`${check.id}: an absence there proves nothing`, async (t) => {
      const { host } = fakeHost(t, { '/etc': null });
      for (const isBake of [false, true]) {
        const { status, detail } = await check.look(subject(host, { isBake, uid: 0 }));
        assert.deepEqual([status, / cannot be read$/.test(detail)], ['not-run', true]);
      }
    });
});

describe('network namespaces', () => {
  it('have an interface of their own when their way out is not through this host', (t) => {
    const { host } = fakeHost(t, {
      '/proc/self/ns/net': '-> net:[1]',
      '/proc/1/ns/net': '-> net:[1]',
      '/proc/2/ns/net': '-> net:[2]',
      '/proc/2/net/tcp': LISTENS_ON_80,
      '/proc/2/net/route': BRIDGED,
      '/proc/3/ns/net': '-> net:[3]',
      '/proc/3/net/tcp': LISTENS_ON_80,
      '/proc/3/net/route': ROUTED,
      '/proc/4/ns/net': '-> net:[3]',
      '/proc/5/ns/net': '-> net:[5]',
      '/proc/5/net/tcp': LISTENS_ON_80,
    });
    const { found, hidden } = lookAtNamespaces(host, PORTS, new Set(['172.17.0.1']));
    assert.equal(hidden, 0);
    assert.deepEqual(found, [
      { pid: 2, ports: [80], isBehindHost: true },
      { pid: 3, ports: [80], isBehindHost: false },
      { pid: 5, ports: [80], isBehindHost: true },
    ]);
  });
});

describe('devices', () => {
  const content: Content = {
    '/proc/self/net/dev': 'Inter-| x\n face | y\n    lo: 1 2\n  eth0:3 4\ncilium_host: 1\n',
    '/sys/class/net/eth0/master': '-> ../../virtual/net/blue',
    '/sys/class/net/eth1/master': '-> ../../virtual/net/br0',
    '/sys/class/net/br0/bridge': null,
    '/sys/class/net/blue': null,
  };

  it('are those of this namespace', (t) => {
    assert.deepEqual(networkDevices(fakeHost(t, content).host), ['lo', 'eth0', 'cilium_host']);
    assert.equal(networkDevices(fakeHost(t, {}).host), null);
  });

  it('are VRFs when the kernel has the driver and they are masters of another kind than bridges', (t) => {
    const devices = ['eth0', 'eth1'];
    const { host } = fakeHost(t, { ...content, '/proc/sys/net/vrf/strict_mode': '0' });
    assert.deepEqual(vrfDevices(host, devices), ['blue']);
    assert.deepEqual(vrfDevices(fakeHost(t, content).host, devices), []);
  });

  it('and pinned programs give proxies in eBPF away', (t) => {
    const { host } = fakeHost(t, { '/sys/fs/bpf/tc/globals/cilium_lxc': '', '/sys/fs/bpf/other': '' });
    assert.deepEqual(tracesOfEbpf(host, ['eth0', 'cilium_host', 'bpfin.cali']), [
      'device cilium_host',
      'device bpfin.cali',
      '/sys/fs/bpf/tc/globals/cilium_lxc',
    ]);
  });
});

it('virtual services of IPVS on the drained ports', () => {
  const lines = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    'TCP  0A000001:0050 rr',
    '  -> 0A000002:0050      Masq    1      0          0',
    'TCP  [FD000000000000000000000000000001]:005A rr',
    'TCP  0A000001:01BB rr',
    'UDP  0A000001:0050 rr',
  ];
  assert.deepEqual(virtualServices(lines, PORTS), ['10.0.0.1:80', '[FD000000000000000000000000000001]:90']);
});

describe('the Python tool', () => {
  for (const [name, unit, script, found] of [
    ['by the interpreter', '/usr/bin/python3 -u /opt/cs-instance-watcher --force', null, true],
    [
      'by the first line of the script',
      '/usr/local/bin/cs-instance-watcher --force',
      '#!/usr/bin/env python3\n',
      true,
    ],
    ['is not ours', '/usr/local/bin/cs-instance-watcher --force', '#!/bin/sh\n', false],
    ['is not there', '/usr/local/bin/cs-instance-watcher', null, false],
  ] as const) {
    it(`in a unit: ${name}`, async (t) => {
      const { host } = fakeHost(t, {
        '/proc/1/cmdline': 'init\0',
        '/etc/systemd/system/cs-instance-watcher.service': `[Service]\nExecStart=${unit}\n`,
        ...(script === null ? {} : { '/usr/local/bin/cs-instance-watcher': script }),
      });
      const { status, remedy } = await oldAgent.look(subject(host));
      assert.equal(status, found ? 'problem' : 'ok');
      assert.equal(remedy, found ? 'systemctl disable --now cs-instance-watcher.service' : null);
    });
  }
});

describe('scripts', () => {
  it('without a directory: a matter of whether one was asked for', async (t) => {
    const { host } = fakeHost(t, {});
    const about = { scriptDir: '/s', uid: 0 };
    assert.equal((await lookAtScripts(host, { ...about, isAskedFor: false })).status, 'ok');
    assert.deepEqual(await lookAtScripts(host, { ...about, isAskedFor: true }), {
      status: 'warning',
      detail: '/s is not there: no scripts run',
      remedy: 'mkdir -p /s/draining',
    });
  });
});

describe('an image', () => {
  const env = { HOME: '/home/builder' };
  const OWN = '/etc/systemd/system/cs-instance-watcher.service';
  const PACKAGED = '/lib/systemd/system/cs-instance-watcher.service';
  const BY_INSTALL = '/usr/local/lib/systemd/system/cs-instance-watcher.service';
  const WANTS = '/etc/systemd/system/multi-user.target.wants/cs-instance-watcher.service';
  const INSTALLED = {
    [BY_INSTALL]: '[Service]\nExecStart=/opt/cs-instance-watcher/current/bin/cs-instance-watcher\n',
    '/opt/cs-instance-watcher/1.0.0/bin/cs-instance-watcher': '#!/bin/sh\n',
    '/opt/cs-instance-watcher/current': '-> 1.0.0',
  };

  it('is clean without files of an agent', (t) => {
    const { host } = fakeHost(t, {
      '/etc/cs-instance-watcher.json': '{"force": true}',
      '/var/lib/cs-instance-watcher': null,
      '/home/builder/.aws/config': '[default]\nregion = eu-west-1\n',
    });
    assert.deepEqual(tracesOf(subject(host, { env })), []);
  });

  for (const [name, content, what, more] of [
    ['the record', { '/var/lib/cs-instance-watcher/record.json': '{}' }, /record\.json is there/, {}],
    [
      'a key of the user',
      { '/home/builder/.aws/credentials': '[x]\naws_secret_access_key = s3cret\n' },
      /key is in \/home\/builder\/\.aws\/credentials/,
      {},
    ],
    [
      'a key in a drop-in',
      {
        '/etc/systemd/system/cs-instance-watcher.service.d/key.conf':
          'Environment=AWS_SECRET_ACCESS_KEY=s3cret\n',
      },
      /key is in \/etc\/systemd\S+key\.conf/,
      {},
    ],
    [
      'a key for everybody',
      { '/etc/environment': 'AWS_SESSION_TOKEN="s3cret"\n' },
      /key is in \/etc\/environment/,
      {},
    ],
    [
      'a key in the environment',
      {},
      /AWS_ACCESS_KEY_ID is in the environment/,
      { AWS_ACCESS_KEY_ID: 's3cret' },
    ],
    [
      'a key in the unit of install.sh',
      {
        '/usr/local/lib/systemd/system/cs-instance-watcher.service': 'Environment=AWS_SESSION_TOKEN=s3cret\n',
      },
      /key is in \/usr\/local\/lib\/systemd/,
      {},
    ],
    [
      'an instance in a unit',
      {
        '/etc/systemd/system/cs-instance-watcher.service':
          '# --instance-state x\nExecStart=/x/cs-instance-watcher --force --instance-id i-1\n',
      },
      /^--instance-id is set for every instance in \/etc\/systemd\/system\/cs-instance-watcher\.service$/,
      {},
    ],
    [
      'a state in a drop-in of the unit of install.sh',
      {
        '/usr/local/lib/systemd/system/cs-instance-watcher.service.d/x.conf':
          'Environment="CS_INSTANCE_STATE=draining"\n',
      },
      /^CS_INSTANCE_STATE is set for every instance in \S+x\.conf$/,
      {},
    ],
    ['an instance', {}, /instance-id i-1 is set \(CS_INSTANCE_ID\)/, { CS_INSTANCE_ID: 'i-1' }],
    [
      'a state',
      {},
      /instance-state draining is set \(CS_INSTANCE_STATE\)/,
      { CS_INSTANCE_STATE: 'draining' },
    ],
    [
      'rotated logs',
      { '/var/log/w.log': '', '/var/log/w.log.2026-01-01': '', '/var/log/other': '' },
      /^log \/var\/log\/w\.log is there, log \/var\/log\/w\.log\.2026-01-01 is there$/,
      { CS_LOG_FILE: '/var/log/w.log' },
    ],
  ] as const) {
    it(`keeps ${name}`, (t) => {
      const { host } = fakeHost(t, content);
      const all = { ...env, ...more };
      const traces = tracesOf({ ...resolveConfig({ given: new Map(), env: all, cwd: '/' }), host, env: all });
      const { status, detail, remedy } = judgeTraces(traces, []);
      assert.equal(status, 'problem');
      assert.match(detail, what);
      assert.ok(!`${detail} ${remedy}`.includes('s3cret'));
    });
  }

  for (const [name, content, status, detail] of [
    ['has no unit', { [WANTS]: '-> x' }, 'warning', /^there is no /],
    ['has a unit that nothing wants', { [PACKAGED]: '[Unit]\n' }, 'warning', /^\/lib\S+ is not enabled/],
    [
      'starts a packaged one',
      { [PACKAGED]: '[Unit]\n', [WANTS]: '-> x' },
      'ok',
      /^\/lib\S+ is wanted by multi-/,
    ],
    [
      'starts what install.sh put there',
      { ...INSTALLED, [WANTS]: `-> ${BY_INSTALL}` },
      'ok',
      /^\/usr\/local\/lib\/systemd\/system\/cs-instance-watcher\.service is wanted by multi-user\.target$/,
    ],
    [
      'starts what is not there any more',
      { [BY_INSTALL]: INSTALLED[BY_INSTALL], [WANTS]: `-> ${BY_INSTALL}` },
      'problem',
      /starts \/opt\/cs-instance-watcher\/current\/bin\/cs-instance-watcher, which is not there$/,
    ],
    [
      'has a unit of its own before the installed one',
      { ...INSTALLED, [OWN]: '[Service]\nExecStart="/opt/gone/cs instance" --force\n', [WANTS]: '-> x' },
      'problem',
      /^\/etc\/\S+ starts \/opt\/gone\/cs instance, /,
    ],
    ['has it masked', { ...INSTALLED, [OWN]: '-> /dev/null', [WANTS]: '-> x' }, 'problem', /is masked/],
    [
      'starts it with another unit of the installation',
      {
        ...INSTALLED,
        '/usr/local/lib/systemd/system/web.service.requires/cs-instance-watcher.service': '-> x',
      },
      'ok',
      /is wanted by web\.service$/,
    ],
  ] as const) {
    it(name, async (t) => {
      const found = await serviceEnabled.look(subject(fakeHost(t, content).host));
      assert.equal(found.status, status, found.detail);
      assert.match(found.detail, detail);
    });
  }
});

describe('the options of an agent', () => {
  const UNIT = '/usr/lib/systemd/system/cs-instance-watcher.service';
  const NET = { '/proc/self/ns/net': '-> net:[1]' };
  const AGENT = {
    ...NET,
    '/proc/10/cmdline': 'cs-instance-watcher --force\0',
    '/proc/10/ns/net': '-> net:[1]',
    '/proc/10/cgroup': '',
  };
  const service = (command: string): string => `[Service]\nExecStart=${command}\nRestart=always\n`;
  const cases: readonly (readonly [what: string, content: Content, expected: unknown])[] = [
    ['nobody', NET, null],
    ['one that runs', AGENT, { whose: 'the agent that runs (pid 10)', args: '--force' }],
    [
      'one that runs, before its unit',
      { ...AGENT, [UNIT]: service('/opt/cs-instance-watcher --dry-run') },
      { whose: 'the agent that runs (pid 10)', args: '--force' },
    ],
    [
      'a unit',
      { ...NET, [UNIT]: service('"/opt/a b/cs-instance-watcher" --force \\\n  --max-hold 60') },
      { whose: UNIT, args: '--force --max-hold 60' },
    ],
    ['a unit without options', { ...NET, [UNIT]: service('/opt/cs-instance-watcher') }, null],
  ];
  for (const [what, content, expected] of cases) {
    it(what, (t) => {
      const { host } = fakeHost(t, content);
      assert.deepEqual(optionsOfAgent(host, 0, { runtimeDir: '/run/x' }), expected);
    });
  }
});
