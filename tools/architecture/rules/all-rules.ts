import type { Rule } from '../rule';
import { noCycles } from './cycles';
import { dependencyRules } from './dependencies';
import { nameRules } from './names';
import { purityRules } from './purity';
import { shapeRules } from './shape';

/** Every rule `npm run arch` checks. A new one needs its fixture. */
export const allRules: readonly Rule[] = [...dependencyRules, noCycles, ...purityRules, ...nameRules, ...shapeRules];
