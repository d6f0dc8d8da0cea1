import { Kind, type FragmentDefinitionNode, type GraphQLResolveInfo, type SelectionNode } from 'graphql';

const known = new WeakMap<object, Map<string, ReadonlySet<string>>>();

/**
 * Names of the fields that a query asks for below the field being resolved, at `path` from it. Fields that a directive may
 * leave out are among them. What was found for a document is kept as long as the document.
 */
export function fieldsAt(info: GraphQLResolveInfo, path: readonly string[]): ReadonlySet<string> {
  const document = info.operation;
  const place = `${String(info.path.key)}.${path.join('.')}`;
  const places = known.get(document) ?? new Map<string, ReadonlySet<string>>();
  known.set(document, places);
  const found = places.get(place);
  if (found !== undefined) return found;
  let level: readonly SelectionNode[] = info.fieldNodes;
  for (const name of path) level = below(level, info.fragments).filter((node) => nameOf(node) === name);
  const fields = new Set(below(level, info.fragments).map(nameOf));
  places.set(place, fields);
  return fields;
}

type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

/** The fields in the selections of these, with fragments spread. */
function below(nodes: readonly SelectionNode[], fragments: Fragments): readonly SelectionNode[] {
  return nodes.flatMap((node) =>
    'selectionSet' in node ? spread(node.selectionSet?.selections ?? [], fragments) : [],
  );
}

function spread(nodes: readonly SelectionNode[], fragments: Fragments): readonly SelectionNode[] {
  return nodes.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node];
    const { selectionSet } = node.kind === Kind.INLINE_FRAGMENT ? node : fragments[node.name.value]!;
    return spread(selectionSet.selections, fragments);
  });
}

function nameOf(node: SelectionNode): string {
  return node.kind === Kind.FIELD ? node.name.value : '';
}
