// The one model of what CloneSquad says of an instance; the three dialects are normalised to it (dialects.ts).

/** The wire dialects, named after the revisions of the API: D0 nested, D1 flat, D2 flat with more operations. */
export type Dialect = 'd0' | 'd1' | 'd2';

/** What EC2 has announced of a Spot instance, as timestamps of the wire; null when it has not, or not lately. */
export interface SpotDetails {
  readonly interruptedAt: string | null;
  readonly rebalanceRecommendedAt: string | null;
}

/** One instance, as every dialect's answer is understood. Absent in a dialect is null here. */
export interface InstanceMetadata {
  readonly dialect: 'd0' | 'flat';
  readonly instanceId: string;
  readonly instanceName: string | null;
  readonly instanceType: string | null;
  readonly availabilityZone: string;
  readonly locatedInAzWithIssues: boolean;
  /** As sent: any string. Whoever uses it as a name must check it first. */
  readonly state: string;
  readonly status: string;
  /** Null in the main fleet, and in D0, which does not tell. */
  readonly subfleetName: string | null;
  readonly spotInstance: boolean | null;
  /** Null unless it is a Spot instance and the dialect tells. */
  readonly spotDetails: SpotDetails | null;
  /** Last value of a repeated key wins. */
  readonly tags: Readonly<Record<string, string>>;
  /** Target groups of the whole deployment; null before v0.8.4. */
  readonly targetGroups: number | null;
  /** Which these are; empty where the dialect does not tell. */
  readonly targetGroupArns: readonly string[];
}
