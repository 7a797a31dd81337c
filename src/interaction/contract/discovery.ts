// A deployment's resources, as the `discovery` operation and the Discovery Lambda tell them: an open map, of which the
// names of two members changed over time.
import { toObject, type WireObject } from './wire-fields.ts';

export interface DiscoveryAnswer {
  readonly discovery: Readonly<Record<string, unknown>>;
  /** Who asked, as API Gateway saw it. */
  readonly identity: Readonly<Record<string, unknown>>;
}

const renamed: Readonly<Record<string, string>> = {
  ApiGwVpcEndpointDNSEntries: 'ApiGwVpcEndpointDNSEntry',
  ConfigurationURL: 'ConfigurationURLs',
};

/** Reads the JSON body of a `discovery` answer. Throws WireFieldError. */
export function parseDiscovery(body: unknown): DiscoveryAnswer {
  const answer = toObject(body, 'answer');
  return {
    discovery: withPresentNames(toObject(answer.discovery, 'discovery')),
    identity: toObject(answer.identity, 'identity'),
  };
}

/** Members that older revisions call otherwise under the name they have now; everything else as it came. */
export function withPresentNames(discovery: WireObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(discovery).flatMap(([name, value]) => {
      const present = Object.hasOwn(renamed, name) ? renamed[name]! : name;
      const isSaidTwice = present !== name && Object.hasOwn(discovery, present);
      return isSaidTwice ? [] : [[present, value]];
    }),
  );
}
