/**
 * Turns message bodies into bytes and back. `schemaId` names the exact schema the bytes were written with and is stored
 * beside them for ever. Decoding resolves to the newest schema of the same type.
 * Errors: {@link Poison} for an unknown schema id, an unknown type, or bytes that do not decode.
 */
export interface MessageCodec {
  encode(type: string, data: unknown): { readonly schemaId: number; readonly data: Buffer };
  decode(schemaId: number, data: Buffer): { readonly type: string; readonly data: unknown };
}

/** Renames or reshapes an event of an older type into what today's code knows. Pure; applied at every read. */
export type Upcaster = (event: { readonly type: string; readonly data: unknown }) => {
  readonly type: string;
  readonly data: unknown;
};

/** Applies upcasters by event type until none is left for the type at hand. */
export function upcast(
  upcasters: ReadonlyMap<string, Upcaster>,
  event: { readonly type: string; readonly data: unknown },
): { readonly type: string; readonly data: unknown } {
  let current = event;
  for (let next = upcasters.get(current.type); next; next = upcasters.get(current.type)) {
    const upgraded = next(current);
    if (upgraded.type === current.type) return upgraded;
    current = upgraded;
  }
  return current;
}
