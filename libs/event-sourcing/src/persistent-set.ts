/** Up to so many members a node is a sorted list, which is copied in well under a microsecond. */
const LEAF_SIZE = 32;
const BITS = 5;
const WIDTH = 1 << BITS;
const MASK = WIDTH - 1;
/** All 32 bits of the hash are used up there: what collides further lies in one leaf, however large. */
const MAX_DEPTH = 6;

type Leaf = readonly string[];
type Node = Leaf | Branch;

interface Branch {
  readonly size: number;
  readonly children: readonly Node[];
}

/** A set as nested lists: a leaf lists its members, a branch its 32 parts. */
export type SetTree = readonly string[] | readonly SetTree[];

/**
 * An immutable set of strings: `add` and `delete` give a new set and copy a path of a small tree instead of all members,
 * so a fold over n events costs n steps and not n². Two sets with the same members are equal in structure, whatever
 * happened on the way. Iterates in no particular order.
 */
export class PersistentSet implements Iterable<string> {
  private constructor(private readonly root: Node) {}

  static readonly empty = new PersistentSet([]);

  static of(members: Iterable<string>): PersistentSet {
    const distinct = new Set(members);
    return distinct.size === 0 ? PersistentSet.empty : new PersistentSet(build([...distinct].map(hashed), 0));
  }

  /**
   * The set that {@link PersistentSet.toTree} wrote, without sorting its members in again. Which part a member lies in
   * follows from its hash: who changes the hash must give the stored form another name.
   */
  static fromTree(tree: SetTree): PersistentSet {
    return new PersistentSet(nodeOf(tree));
  }

  toTree(): SetTree {
    return treeOf(this.root);
  }

  get size(): number {
    return sizeOf(this.root);
  }

  has(member: string): boolean {
    let node = this.root;
    for (let bits = hashOf(member); isBranch(node); bits >>>= BITS) node = node.children[bits & MASK]!;
    return node.includes(member);
  }

  /** The same set when it has the member already. */
  add(member: string): PersistentSet {
    return this.has(member) ? this : new PersistentSet(added(this.root, hashed(member), 0));
  }

  /** The same set when it does not have the member. */
  delete(member: string): PersistentSet {
    return this.has(member) ? new PersistentSet(removed(this.root, hashed(member), 0)) : this;
  }

  [Symbol.iterator](): Iterator<string> {
    return membersOf(this.root);
  }
}

interface Hashed {
  readonly member: string;
  readonly hash: number;
}

function hashed(member: string): Hashed {
  return { member, hash: hashOf(member) };
}

/** FNV-1a, with a last mix so that the low bits depend on all characters. */
function hashOf(member: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < member.length; index++) hash = Math.imul(hash ^ member.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function isBranch(node: Node): node is Branch {
  return !Array.isArray(node);
}

function sizeOf(node: Node): number {
  return isBranch(node) ? node.size : node.length;
}

function slotOf(hash: number, depth: number): number {
  return (hash >>> (depth * BITS)) & MASK;
}

function build(members: readonly Hashed[], depth: number): Node {
  if (members.length <= LEAF_SIZE || depth > MAX_DEPTH) return members.map(({ member }) => member).sort();
  const slots = Array.from({ length: WIDTH }, (): Hashed[] => []);
  for (const entry of members) slots[slotOf(entry.hash, depth)]!.push(entry);
  return { size: members.length, children: slots.map((slot) => build(slot, depth + 1)) };
}

function added(node: Node, entry: Hashed, depth: number): Node {
  if (isBranch(node)) return { size: node.size + 1, children: replaced(node, entry, { change: added, depth }) };
  const members = [...node, entry.member].sort();
  return members.length <= LEAF_SIZE ? members : build(members.map(hashed), depth);
}

function removed(node: Node, entry: Hashed, depth: number): Node {
  if (!isBranch(node)) return node.filter((member) => member !== entry.member);
  const smaller = { size: node.size - 1, children: replaced(node, entry, { change: removed, depth }) };
  return smaller.size > LEAF_SIZE ? smaller : [...membersOf(smaller)].sort();
}

function replaced(
  { children }: Branch,
  entry: Hashed,
  { change, depth }: { readonly change: typeof added; readonly depth: number },
): readonly Node[] {
  const slot = slotOf(entry.hash, depth);
  const copy = [...children];
  copy[slot] = change(copy[slot]!, entry, depth + 1);
  return copy;
}

function* membersOf(node: Node): Generator<string> {
  if (!isBranch(node)) yield* node;
  else for (const child of node.children) yield* membersOf(child);
}

function treeOf(node: Node): SetTree {
  return isBranch(node) ? node.children.map(treeOf) : node;
}

function nodeOf(tree: SetTree): Node {
  if (isLeafTree(tree)) return tree;
  if (tree.length !== WIDTH) throw new Error(`a branch has ${WIDTH} parts, not ${tree.length}`);
  const children = tree.map(nodeOf);
  return { size: children.reduce((sum, child) => sum + sizeOf(child), 0), children };
}

function isLeafTree(tree: SetTree): tree is Leaf {
  return tree.length === 0 || typeof tree[0] === 'string';
}
