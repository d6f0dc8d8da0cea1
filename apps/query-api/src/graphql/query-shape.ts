import { validationFailed } from '@codex/platform';
import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

const MAX_FIELDS = 2_000;
const MAX_ROOT_FIELDS = 50;

/**
 * Refuses documents that are small to read and huge to run, before anything walks through them: fragments that spread
 * each other again and again, or themselves, and one field under very many aliases. Linear in the document's size.
 */
export function checkShape(document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const sizes = new FragmentSizes(fragments);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    refuseAbove(MAX_ROOT_FIELDS, definition.selectionSet.selections.length, 'fields at the top');
    refuseAbove(MAX_FIELDS, sizes.of(definition.selectionSet), 'fields, with fragments spread');
  }
  for (const name of fragments.keys()) refuseAbove(MAX_FIELDS, sizes.ofFragment(name), 'fields, with fragments spread');
}

/** Fields of a selection with its fragments spread; each fragment is counted once. */
class FragmentSizes {
  private readonly known = new Map<string, number>();
  private readonly open = new Set<string>();

  constructor(private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>) {}

  of({ selections }: SelectionSetNode): number {
    let size = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) size += this.ofFragment(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) size += this.of(selection.selectionSet);
      else size += 1 + (selection.selectionSet ? this.of(selection.selectionSet) : 0);
    }
    return size;
  }

  ofFragment(name: string): number {
    const fragment = this.fragments.get(name);
    if (fragment === undefined) return 0;
    if (this.open.has(name)) throw validationFailed({ path: 'query', message: `fragment ${name} spreads itself` });
    const known = this.known.get(name);
    if (known !== undefined) return known;
    this.open.add(name);
    const size = this.of(fragment.selectionSet);
    this.open.delete(name);
    this.known.set(name, size);
    return size;
  }
}

function refuseAbove(most: number, count: number, what: string): void {
  if (count > most) throw validationFailed({ path: 'query', message: `has more than ${most} ${what}` });
}
