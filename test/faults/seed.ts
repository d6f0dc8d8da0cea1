import { createHash } from 'node:crypto';

/** What `npm test` runs with; `npm run faults` draws another one unless told. */
const FIXED_SEED = 20_260_101;

/** Everything random in a fault spec comes from it, so that a failure can be had again: `npm run faults -- --seed N`. */
export const faultSeed = readSeed(process.env['FAULT_SEED']);

/** Whether there is time: thousands of faults instead of a handful, two replicas of everything. */
export const isLong = process.env['FAULT_LONG'] === '1';

function readSeed(text: string | undefined): number {
  if (text === undefined || text === '') return FIXED_SEED;
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed <= 0xff_ff_ff_ff) return seed;
  throw new Error(`FAULT_SEED is a whole number from 0 to 4294967295, not "${text}"`);
}

/** Random numbers that are the same for the same seed. */
export interface SeededRandom {
  /** 0 <= x < 1. */
  next(): number;
  /** A whole number, both ends included. */
  integer(from: number, to: number): number;
  pick<T>(choices: readonly T[]): T;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** The same choices in another order. */
  shuffled<T>(choices: readonly T[]): T[];
}

/**
 * A sequence of its own for each label, so that one consumer's draws never depend on how many another has made
 * (concurrent ones would else differ from run to run).
 */
export function seededRandom(label: string, seed: number = faultSeed): SeededRandom {
  let state = createHash('sha256').update(`${seed}/${label}`).digest().readUInt32LE(0);
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(choices: readonly T[]): T => {
    if (choices.length === 0) throw new Error('nothing to pick from');
    return choices[integer(0, choices.length - 1)]!;
  };
  const shuffled = <T>(choices: readonly T[]): T[] => {
    const drawn = choices.map((choice) => ({ choice, rank: next() }));
    return drawn.sort((a, b) => a.rank - b.rank).map(({ choice }) => choice);
  };
  return { next, integer, pick, chance: (probability) => next() < probability, shuffled };
}
