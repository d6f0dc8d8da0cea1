/** Something that must not be. */
export interface Finding {
  /** Name of the rule that was broken. */
  readonly rule: string;
  /** The stream, run, call or table it is about. */
  readonly about: string;
  readonly expected: string;
  readonly seen: string;
}

/** One line for a person. */
export function describeFinding({ rule, about, expected, seen }: Finding): string {
  return `${rule}: ${about}: expected ${expected}, saw ${seen}`;
}
