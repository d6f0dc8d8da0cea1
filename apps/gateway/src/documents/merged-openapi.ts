import { request } from 'undici';
import { serviceNames, type GatewayRoute, type ServiceName } from '../routing/route';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The OpenAPI document of one service, or null when it could not be had. */
export type DocumentSource = (service: ServiceName) => Promise<JsonObject | null>;

const COMPLETE_FOR_MS = 60_000;
const PARTIAL_FOR_MS = 3_000;
const TIMEOUT_MS = 3_000;

/**
 * One OpenAPI document for all public routes, made from those of the services when somebody asks. The route table says
 * what is public: a route that its service does not describe yet is listed without details, and what is not in the table
 * is left out. Kept for a minute; only a few seconds while a service did not answer.
 */
export class MergedOpenApi {
  private kept: { readonly document: JsonObject; readonly untilMs: number } | undefined;
  private merging: Promise<JsonObject> | undefined;

  constructor(
    private readonly table: readonly GatewayRoute[],
    private readonly source: DocumentSource,
    private readonly own: object = {},
    private readonly now: () => number = Date.now,
  ) {}

  document(): Promise<JsonObject> {
    if (this.kept !== undefined && this.kept.untilMs > this.now()) return Promise.resolve(this.kept.document);
    this.merging ??= this.merge().finally(() => (this.merging = undefined));
    return this.merging;
  }

  private async merge(): Promise<JsonObject> {
    const sources = await Promise.all(serviceNames.map(async (name) => [name, await this.source(name)] as const));
    const isComplete = sources.every(([, source]) => source !== null);
    const document = mergeDocuments(this.table, new Map(sources), this.own);
    this.kept = { document, untilMs: this.now() + (isComplete ? COMPLETE_FOR_MS : PARTIAL_FOR_MS) };
    return document;
  }
}

/** Fetches from the services; a failure is null. */
export function fetchDocuments(urls: Readonly<Record<ServiceName, string>>): DocumentSource {
  return async (service) => {
    try {
      const options = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS };
      const { statusCode, body } = await request(`${urls[service]}/openapi.json`, options);
      const document = (await body.json()) as JsonObject;
      return statusCode === 200 ? document : null;
    } catch {
      return null;
    }
  };
}

/** Pure: the table's routes with what their services say about them, and the gateway's own paths. */
export function mergeDocuments(
  table: readonly GatewayRoute[],
  sources: ReadonlyMap<ServiceName, JsonObject | null>,
  own: object = {},
): JsonObject {
  const paths: Record<string, Record<string, Json>> = {};
  const schemas: Record<string, Json> = {};
  for (const [service, source] of sources) Object.assign(schemas, prefixedSchemas(service, source));
  for (const route of table) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const operation = operationOf(sources.get(route.service) ?? null, route);
    (paths[path] ??= {})[route.method.toLowerCase()] = renameReferences(operation, route.service);
  }
  return {
    openapi: '3.0.3',
    info: { title: 'Codex Orchestrator', version: '1' },
    paths: { ...paths, ...(own as JsonObject) },
    components: { schemas, securitySchemes },
    security: [{ bearer: [] }, { apiKey: [] }],
  };
}

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
};

function operationOf(source: JsonObject | null, route: GatewayRoute): JsonObject {
  const described = Object.entries(objectAt(source, 'paths')).find(([path]) => shapeOf(path) === shapeOf(route.path));
  const operation = described === undefined ? undefined : (described[1] as JsonObject)[route.method.toLowerCase()];
  const base = isObject(operation) ? withPathNames(operation, described![0], route.path) : bareOperation(route);
  return { ...base, tags: [route.service], 'x-roles': ['admin', ...route.roles] };
}

function bareOperation(route: GatewayRoute): JsonObject {
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
  const parameters = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return { parameters, responses: { default: { description: 'The answer, or application/problem+json' } } };
}

/** The service may call a path parameter otherwise than the table; the table's name wins. */
function withPathNames(operation: JsonObject, path: string, pattern: string): JsonObject {
  const theirs = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const ours = [...pattern.matchAll(/:(\w+)/g)].map((match) => match[1]!);
  const renamed = new Map(theirs.map((name, index) => [name, ours[index] ?? name]));
  const parameters = Array.isArray(operation.parameters) ? (operation.parameters as readonly JsonObject[]) : [];
  return {
    ...operation,
    parameters: parameters.map((parameter) =>
      parameter.in === 'path'
        ? { ...parameter, name: renamed.get(String(parameter.name)) ?? parameter.name! }
        : parameter,
    ),
  };
}

function prefixedSchemas(service: ServiceName, source: JsonObject | null): Record<string, Json> {
  const schemas = objectAt(objectAt(source, 'components'), 'schemas');
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [`${service}.${name}`, renameReferences(schema, service)]),
  );
}

function renameReferences<Value extends Json>(value: Value, service: ServiceName): Value {
  const prefix = '#/components/schemas/';
  const text = JSON.stringify(value).replaceAll(`"$ref":"${prefix}`, `"$ref":"${prefix}${service}.`);
  return JSON.parse(text) as Value;
}

function shapeOf(path: string): string {
  return path.replaceAll(/\{\w+\}|:\w+/g, '{}');
}

function objectAt(source: JsonObject | null | undefined, key: string): JsonObject {
  const value = source?.[key];
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
