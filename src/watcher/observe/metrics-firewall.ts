// A firewall whose looks at the table are told, so that what a table counted is known just before it goes.
import type { Firewall } from '../../firewall/firewall.ts';
import type { Inspection } from '../../firewall/ruleset.ts';

/** The same firewall; `told` hears what each `inspect` and `apply` read, and that a table was removed. */
export function tellingLooks(firewall: Firewall, told: (found: Inspection) => void): Firewall {
  const tell = (found: Inspection): Inspection => {
    told(found);
    return found;
  };
  return {
    apply: async (ruleset) => tell(await firewall.apply(ruleset)),
    inspect: async () => tell(await firewall.inspect()),
    remove: async () => {
      await firewall.remove();
      told({ table: 'absent' });
    },
    monitor: (onEvent, onError) => firewall.monitor(onEvent, onError),
    connections: (ports, includeLoopback) => firewall.connections(ports, includeLoopback),
    destroy: (ports, includeLoopback) => firewall.destroy(ports, includeLoopback),
    probe: () => firewall.probe(),
    close: () => firewall.close(),
  };
}
