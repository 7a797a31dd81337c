// Where an operator's Interaction API is: at the address given, or where the group's Discovery Lambda says.
import type { CredentialSource } from '../../aws/credentials.ts';
import type { Limits } from '../../aws/deadline.ts';
import { serviceEndpoint } from '../../aws/endpoints.ts';
import { type Environment, EnvironmentError } from '../../aws/http-agents.ts';
import { findRegion } from '../../aws/region.ts';
import type { Dialect } from '../contract/instance-metadata.ts';
import {
  type ApiRoute,
  type ApiRoutes,
  regionOfHost,
  routesFromApiUrl,
  routesFromDiscovery,
} from './api-address.ts';
import { ApiFailure } from './api-failure.ts';
import { askDiscovery } from './ask-discovery.ts';
import { explainFailure } from './explain-failure.ts';
import { quote } from './quote.ts';

export interface ApiQuery {
  /** `--api-url`: the only route. */
  readonly apiUrl?: string | undefined;
  /** `--api-id`: which API a VPC endpoint's address in `apiUrl` should lead to. */
  readonly apiId?: string | undefined;
  /** `--group`: asked of its Discovery Lambda; not needed with `apiUrl`. */
  readonly group?: string | undefined;
  /** `--region`: before everything else that may tell it. */
  readonly region?: string | undefined;
  /** `--profile`: whose region counts where the environment names none. */
  readonly profile?: string | undefined;
  readonly env: Environment;
  readonly credentials: CredentialSource;
}

export interface FoundApi {
  readonly routes: readonly [ApiRoute, ...ApiRoute[]];
  readonly region: string;
  readonly group: string | null;
  /** The discovery function's answer as it came; null with `apiUrl`. */
  readonly discovery: Readonly<Record<string, unknown>> | null;
  /** As far as discovery tells: releases between those that the dialects are named after count as the earlier one. */
  readonly dialect: Dialect | null;
  /** Whether the address came over plain http, so that a plain http one is believed. */
  readonly isPlainHttp: boolean;
}

/** Throws ApiFailure. Nothing is asked for with `apiUrl`, except the region where nothing else tells it. */
export async function findApi(query: ApiQuery, limits: Limits): Promise<FoundApi> {
  const { apiUrl, apiId, group, region } = query;
  if (region !== undefined) requireRegion(region);
  if (apiUrl === undefined && apiId !== undefined) throw usage('--api-id: it goes with --api-url only', '');
  if (apiUrl !== undefined) return atUrl(apiUrl, query, limits);
  if (group === undefined) throw usage('no API was named', 'give --group or --api-url');
  return ofGroup(group, query, limits);
}

async function atUrl(apiUrl: string, query: ApiQuery, limits: Limits): Promise<FoundApi> {
  const routes = requireRoutes(routesFromApiUrl(apiUrl, query.apiId), (problem) =>
    usage(problem, 'expected something like https://pq264fab39.execute-api.eu-west-3.amazonaws.com/v1/'),
  );
  const url = new URL(routes[0].url);
  const region = query.region ?? regionOfHost(url.hostname) ?? (await usualRegion(query, limits));
  const isPlainHttp = url.protocol === 'http:';
  return { routes, region, group: query.group ?? null, discovery: null, dialect: null, isPlainHttp };
}

async function ofGroup(group: string, query: ApiQuery, limits: Limits): Promise<FoundApi> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(group)) {
    throw usage(
      `--group: ${quote(group)} is not the name of a group`,
      'letters, digits, - and _, as in its tag clonesquad:group-name',
    );
  }
  const region = query.region ?? (await usualRegion(query, limits));
  const isPlainHttp = isLambdaPlainHttp(region, query.env);
  const { env, credentials } = query;
  const discovery = await askDiscovery({ group, region, env, credentials }, limits);
  const routes = requireRoutes(
    routesFromDiscovery(discovery, { plainHttp: isPlainHttp }),
    (problem) =>
      new ApiFailure({
        kind: 'not-an-api',
        status: null,
        subject: 'Discovery function',
        said: problem,
        advice: `check the deployment of ${group}, or give --api-url`,
      }),
  );
  return { routes, region, group, discovery, dialect: dialectOf(discovery), isPlainHttp };
}

async function usualRegion({ env, profile }: ApiQuery, limits: Limits): Promise<string> {
  const region = await findRegion({ env, profile }, limits.signal).catch((error: unknown) => {
    throw explainFailure(error, { subject: 'region', host: null, isReading: true, signal: limits.signal });
  });
  if (region !== undefined) return requireRegion(region);
  throw usage('no region, requests cannot be signed without one', 'give --region or set AWS_REGION');
}

/** It becomes a part of host names: credentials go to those of AWS only. */
function requireRegion(region: string): string {
  if (/^[a-z0-9-]{1,63}$/.test(region)) return region;
  throw usage(`region: ${quote(region)} is not one`, 'expected something like eu-west-1');
}

function isLambdaPlainHttp(region: string, env: Environment): boolean {
  try {
    return serviceEndpoint({ service: 'lambda', region, env }).protocol === 'http:';
  } catch (error) {
    if (error instanceof EnvironmentError) throw usage(error.message, '');
    throw error;
  }
}

function requireRoutes(found: ApiRoutes, toFailure: (problem: string) => ApiFailure): FoundApi['routes'] {
  if (found.ok) return found.routes;
  throw toFailure(quote(found.problem, 200));
}

function dialectOf(discovery: Readonly<Record<string, unknown>>): Dialect {
  if (typeof discovery.CloneSquadVersion === 'string') return 'd2';
  return discovery.MainFunctionArn === undefined ? 'd1' : 'd0';
}

function usage(said: string, advice: string): ApiFailure {
  return new ApiFailure({ kind: 'usage', status: null, subject: '', said, advice });
}
