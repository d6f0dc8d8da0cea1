import { CodedError, Refusal } from '@codex/event-sourcing';
import * as agentErrors from './agent.errors';
import * as runErrors from './run.errors';

type ErrorClass = new (id: string) => CodedError;
const classes = [...Object.values(agentErrors), ...Object.values(runErrors)] as readonly ErrorClass[];

describe('the refusals of this service', () => {
  it('have codes of their own', () => {
    const codes = classes.map((Class) => new Class('id').code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.every((code) => /^[A-Z_]+$/.test(code))).toBe(true);
  });
  it.each(classes.map((Class) => [Class.name, new Class('id')]))('%s is a refusal', (_, error) =>
    expect(error).toBeInstanceOf(Refusal),
  );
});
