// The table of checks, in the order in which they are told: what stands first explains what follows.
import type { Check } from './check.ts';
import { agent } from './checks/agent.ts';
import { api } from './checks/api.ts';
import { builderTraces } from './checks/builder-traces.ts';
import { caller } from './checks/caller.ts';
import { capabilities } from './checks/capabilities.ts';
import { clock } from './checks/clock.ts';
import { configuration } from './checks/configuration.ts';
import { connections } from './checks/connections.ts';
import { credentials } from './checks/credentials.ts';
import { csAgent } from './checks/cs-agent.ts';
import { directories } from './checks/directories.ts';
import { discovery } from './checks/discovery.ts';
import { earlierFirewalls } from './checks/earlier-firewalls.ts';
import { ebpf } from './checks/ebpf.ts';
import { imds } from './checks/imds.ts';
import { instanceTags } from './checks/instance-tags.ts';
import { ipvs } from './checks/ipvs.ts';
import { kernel } from './checks/kernel.ts';
import { namespaces } from './checks/namespaces.ts';
import { nfTables } from './checks/nf-tables.ts';
import { oldAgent } from './checks/old-agent.ts';
import { oldChain } from './checks/old-chain.ts';
import { permissionApi } from './checks/permission-api.ts';
import { permissionDiscovery } from './checks/permission-discovery.ts';
import { permissionTags } from './checks/permission-tags.ts';
import { routes } from './checks/routes.ts';
import { scripts } from './checks/scripts.ts';
import { serviceEnabled } from './checks/service-enabled.ts';
import { table } from './checks/table.ts';
import { targetGroups } from './checks/target-groups.ts';
import { udp } from './checks/udp.ts';
import { vrf } from './checks/vrf.ts';

export const CHECKS: readonly Check[] = [
  configuration,
  ...[kernel, nfTables, capabilities, table, connections],
  ...[agent, directories, scripts],
  ...[imds, instanceTags, credentials, caller, permissionTags, permissionDiscovery, permissionApi],
  ...[discovery, api, clock, targetGroups],
  ...[oldChain, oldAgent, csAgent, earlierFirewalls],
  ...[udp, vrf, namespaces, ebpf, routes, ipvs],
  ...[builderTraces, serviceEnabled],
];
