import type { Role } from '@codex/platform';

/** The services behind the gateway, by the names of their apps. */
export const serviceNames = [
  'project',
  'work-item',
  'scheduler',
  'agent-manager',
  'notification',
  'audit',
  'projector',
  'query-api',
] as const;

/** One of {@link serviceNames}. */
export type ServiceName = (typeof serviceNames)[number];

/** What a route is decides its timeout, whether it is repeated, and which bulkhead it counts for. */
export type RouteKind = 'command' | 'query' | 'long-poll' | 'live';

/** One public route: who serves it and who may call it. */
export interface GatewayRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Fastify's pattern, with the `/v1` that the service serves too. */
  readonly path: string;
  readonly service: ServiceName;
  /** Any of these, or `admin`. */
  readonly roles: readonly Role[];
  readonly kind: RouteKind;
  /** Default 1 MiB. */
  readonly bodyLimitBytes?: number;
}

type Verb = GatewayRoute['method'];

/** `POST /path`, as CONTRACTS writes them. */
export type RouteLine = `${Verb} /${string}`;

/** Who may ask questions. */
export const readers: readonly Role[] = ['member', 'operator', 'auditor'];

/** Who may give commands about projects and work. */
export const members: readonly Role[] = ['member'];

/** Commands of one service. */
export function commands(service: ServiceName, roles: readonly Role[], ...lines: readonly RouteLine[]): GatewayRoute[] {
  return lines.map((line) => ({ ...parse(line), service, roles, kind: 'command' }));
}

/** Queries of one service; safe, so they may be repeated once. */
export function queries(
  service: ServiceName,
  roles: readonly Role[],
  ...lines: readonly `GET /${string}`[]
): GatewayRoute[] {
  return lines.map((line) => ({ ...parse(line), service, roles, kind: 'query' }));
}

/** One line as method and path under `/v1`. */
export function parse(line: RouteLine): Pick<GatewayRoute, 'method' | 'path'> {
  const space = line.indexOf(' ');
  return { method: line.slice(0, space) as Verb, path: `/v1${line.slice(space + 1)}` };
}
