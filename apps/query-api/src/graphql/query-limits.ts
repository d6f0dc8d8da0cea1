import { validationFailed } from '@codex/platform';
import { getOperationAST, OperationTypeNode, parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import { getComplexity, type ComplexityEstimator } from 'graphql-query-complexity';
import { checkShape } from './query-shape';

const MAX_COST = 5_000;
const MAX_TOKENS = 5_000;
const DEFAULT_PAGE = 20;
const CACHED_DOCUMENTS = 500;
const CACHED_COSTS = 2_000;
const CACHED_VARIABLES_CHARACTERS = 200;

/** Fields at the top are statements of their own; those that count or ask another service cost more. */
const ROOT_COST = 10;
const OWN_COST: Readonly<Record<string, number>> = { 'Query.stats': 200, 'Query.queue': 50, 'Query.node': 20 };
/** Lists without pages: about as many as there usually are. */
const USUAL_LENGTH: Readonly<Record<string, number>> = { 'WorkItem.runs': 4, 'WorkItem.dependencies': 4 };

/** A list costs its length times what one item costs; every other field costs its own and what is below it. */
const estimator: ComplexityEstimator = ({ args, childComplexity, type, field }) => {
  const name = `${type.name}.${field.name}`;
  const own = OWN_COST[name] ?? (type.name === 'Query' ? ROOT_COST : 1);
  const isPage = field.args.some((argument) => argument.name === 'first') && name !== 'Query.queue';
  const length = isPage ? Number(args.first ?? DEFAULT_PAGE) : (USUAL_LENGTH[name] ?? 1);
  return own + length * Math.max(isPage ? 1 : 0, childComplexity);
};

/** Refuses queries that would cost too much before anything of them runs. Documents are parsed and priced once. */
export class QueryLimits {
  private readonly documents = new Map<string, DocumentNode>();
  private readonly costs = new Map<string, number>();

  /** @param serves what may be asked for: over WebSocket it is subscriptions, over HTTP everything else */
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly serves: 'queries' | 'subscriptions',
  ) {}

  /** Throws VALIDATION_FAILED when the query is too large, costs more than allowed, does not parse or is served elsewhere. */
  check(source: string, variables: Record<string, unknown>, operationName: string | undefined): void {
    const text = JSON.stringify([operationName, variables]);
    const key = text.length > CACHED_VARIABLES_CHARACTERS ? undefined : `${text}${source}`;
    const known = key === undefined ? undefined : this.costs.get(key);
    const cost = known ?? this.price(source, { variables, operationName });
    if (key !== undefined) remember(this.costs, CACHED_COSTS, key, cost);
    if (cost <= MAX_COST) return;
    throw validationFailed({ path: 'query', message: `costs ${cost}, at most ${MAX_COST} is allowed` });
  }

  private price(
    source: string,
    options: { readonly variables: Record<string, unknown>; readonly operationName: string | undefined },
  ): number {
    const query = this.documents.get(source) ?? parseQuery(source);
    remember(this.documents, CACHED_DOCUMENTS, source, query);
    this.checkOperation(query, options.operationName);
    try {
      return getComplexity({ schema: this.schema, query, ...options, estimators: [estimator] });
    } catch {
      // Unknown fields and bad variables: the validation of the query itself names them better.
      return 0;
    }
  }

  private checkOperation(query: DocumentNode, operationName: string | undefined): void {
    const operation = getOperationAST(query, operationName)?.operation;
    if (operation === undefined) return;
    const wanted = operation === OperationTypeNode.SUBSCRIPTION ? 'subscriptions' : 'queries';
    if (wanted === this.serves) return;
    const message = `${wanted} are served over ${wanted === 'queries' ? 'HTTP' : 'WebSocket'}`;
    throw validationFailed({ path: 'query', message });
  }
}

function remember<Value>(cache: Map<string, Value>, most: number, key: string, value: Value): void {
  if (cache.size >= most) cache.clear();
  cache.set(key, value);
}

function parseQuery(source: string): DocumentNode {
  const document = parsed(source);
  checkShape(document);
  return document;
}

function parsed(source: string): DocumentNode {
  try {
    return parse(source, { maxTokens: MAX_TOKENS, noLocation: true });
  } catch (cause) {
    throw validationFailed({ path: 'query', message: cause instanceof Error ? cause.message : 'does not parse' });
  }
}
