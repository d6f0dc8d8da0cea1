/** Anything JSON can say. Fields of logical type `json` have it; their inside is not checked against a schema. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [member: string]: JsonValue };
