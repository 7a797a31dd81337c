// The one model of what CloneSquad says of an instance; the three dialects are normalised to it (dialects.ts).

/** The wire dialects, named after the revisions of the API: D0 nested, D1 flat, D2 flat with more operations. */
export type Dialect = 'd0' | 'd1' | 'd2';

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
  /** Last value of a repeated key wins. */
  readonly tags: Readonly<Record<string, string>>;
  /** Target groups of the whole deployment; null before v0.8.4. */
  readonly targetGroups: number | null;
}
