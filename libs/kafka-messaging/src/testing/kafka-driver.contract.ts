import { administeringContract } from './administering.contract';
import { consumingContract } from './consuming.contract';
import { contractWorld, type MakeDriver } from './contract-world';
import { membershipContract } from './membership.contract';
import { producingContract } from './producing.contract';

/** What every driver promises, against the real Kafka of the test run. Call it inside a `*.int.spec.ts`. */
export function kafkaDriverContract(name: string, driverOf: MakeDriver): void {
  describe(`${name} as a Kafka driver`, () => {
    const world = contractWorld(driverOf);
    producingContract(world);
    consumingContract(world);
    membershipContract(world);
    administeringContract(world);
  });
}
