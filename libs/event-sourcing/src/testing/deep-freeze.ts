/**
 * Makes a value and everything reachable from it immutable, so that a fold or a decision that mutates its arguments fails
 * where it does. Maps and sets throw on change. Buffers can't be frozen and are left as they are.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  if (value instanceof Map || value instanceof Set) lock(value);
  Object.freeze(value);
  for (const child of childrenOf(value)) deepFreeze(child);
  return value;
}

function childrenOf(value: object): readonly unknown[] {
  const own = Reflect.ownKeys(value).map((key) => (value as Record<PropertyKey, unknown>)[key]);
  if (value instanceof Map) return [...own, ...value.keys(), ...value.values()];
  return value instanceof Set ? [...own, ...value] : own;
}

function lock(collection: Map<unknown, unknown> | Set<unknown>): void {
  for (const method of ['set', 'add', 'delete', 'clear']) {
    if (!(method in collection)) continue;
    Object.defineProperty(collection, method, {
      enumerable: false,
      value: () => {
        throw new TypeError(`cannot ${method} on a frozen ${collection.constructor.name}`);
      },
    });
  }
}
