import DataLoader from 'dataloader';
import type { GraphqlContext } from './graphql-context';

/** One wish of a field: its parent and its arguments. */
export interface Wish<Parent, Args = unknown> {
  readonly obj: Parent;
  readonly params: Args;
}

/** Answers many wishes at once, in their order. */
export type LoadMany<Parent, Args, Result> = (
  wishes: readonly Wish<Parent, Args>[],
  context: GraphqlContext,
) => Promise<readonly Result[]>;

/** A resolver whose calls of one request, as far as they are made together, are answered by one call of `loadMany`. */
export function batched<Parent, Args, Result>(loadMany: LoadMany<Parent, Args, Result>) {
  const loaders = new WeakMap<GraphqlContext, DataLoader<Wish<Parent, Args>, Result>>();
  return (obj: Parent, params: Args, context: GraphqlContext): Promise<Result> => {
    let loader = loaders.get(context);
    if (loader === undefined) {
      loader = new DataLoader((wishes) => loadMany(wishes, context), { cache: false });
      loaders.set(context, loader);
    }
    return loader.load({ obj, params });
  };
}
