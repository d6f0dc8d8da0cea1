import type { AgentRegistered } from '@codex/contracts';
import { NotFound } from '@codex/event-sourcing';
import { aCommand, specify } from '@codex/event-sourcing/testing';
import { agentDecider } from './agent.decider';
import { AgentGone } from './agent.errors';
import type { AgentStreamEvent } from './agent.events';

const { given } = specify(agentDecider);

const agentId = 'a1';
const profile = { agentId, name: 'worker', capabilities: ['noop'], labels: { zone: 'a' }, slots: 4, version: '1' };
const registered: AgentRegistered = { type: 'AgentRegistered', data: profile };
const drained: AgentStreamEvent = { type: 'AgentDraining', data: { agentId, reason: 'maintenance' } };
const stillDraining: AgentStreamEvent = { type: 'AgentDraining', data: { agentId, reason: 'it was draining before' } };
const resumed: AgentStreamEvent = { type: 'AgentResumed', data: { agentId, reason: null } };
const back: AgentStreamEvent = { type: 'AgentResumed', data: { agentId, reason: 'it called again' } };
const lastSeenAt = '2026-01-01T00:00:00.000Z';
const lost: AgentStreamEvent = { type: 'AgentLost', data: { agentId, lastSeenAt } };
const gone: AgentStreamEvent = { type: 'AgentDeregistered', data: { agentId, reason: null } };

const register = aCommand('RegisterAgent', profile);
const registerBigger = aCommand('RegisterAgent', { ...profile, slots: 8 });
const drain = aCommand('DrainAgent', { agentId, reason: 'maintenance' });
const resume = aCommand('ResumeAgent', { agentId, reason: null });
const deregister = aCommand('DeregisterAgent', { agentId, reason: null });
const giveUp = aCommand('GiveAgentUp', { agentId, lastSeenAt });
const welcome = aCommand('WelcomeAgentBack', { agentId });

describe('an agent', () => {
  it('registers', () => given([]).when(register).then([registered]));
  it('registers again with nothing new', () => given([registered]).when(register).thenNothing());
  it('registers again whatever the order of its tools', () =>
    given([{ ...registered, data: { ...profile, capabilities: ['b', 'a'] } }])
      .when(aCommand('RegisterAgent', { ...profile, capabilities: ['a', 'b'] }))
      .thenNothing());
  it('registers again with other slots', () =>
    given([registered])
      .when(registerBigger)
      .then([{ ...registered, data: { ...profile, slots: 8 } }]));
  it('registers again with other labels', () =>
    given([registered])
      .when(aCommand('RegisterAgent', { ...profile, labels: { zone: 'b' } }))
      .then([{ ...registered, data: { ...profile, labels: { zone: 'b' } } }]));
  it('registers again after it was lost', () => given([registered, lost]).when(register).then([registered]));
  it('registers again after it left', () => given([registered, gone]).when(register).then([registered]));
  it('stays draining when it registers again', () => given([registered, drained]).when(register).thenNothing());
  it('stays draining when it was lost and registers again', () =>
    given([registered, drained, lost]).when(register).then([registered, stillDraining]));

  it('is drained', () => given([registered]).when(drain).then([drained]));
  it('is drained once', () => given([registered, drained]).when(drain).thenNothing());
  it('is drained while it is lost', () => given([registered, lost]).when(drain).then([drained]));
  it('is resumed', () => given([registered, drained]).when(resume).then([resumed]));
  it('is resumed once', () => given([registered, drained, resumed]).when(resume).thenNothing());

  it('is given up', () => given([registered]).when(giveUp).then([lost]));
  it('is given up once', () => given([registered, lost]).when(giveUp).thenNothing());
  it('is welcomed back', () => given([registered, lost]).when(welcome).then([back]));
  it('is welcomed back and drains on', () =>
    given([registered, drained, lost]).when(welcome).then([back, stillDraining]));
  it('is not welcomed back when it was not away', () => given([registered]).when(welcome).thenNothing());

  it('leaves', () => given([registered]).when(deregister).then([gone]));
  it('leaves once', () => given([registered, gone]).when(deregister).thenNothing());
  it('can not be drained when it left', () =>
    given([registered, gone]).when(drain).thenRefused(AgentGone, { agentId }));
  it('can not be resumed when it left', () => given([registered, gone]).when(resume).thenRefused(AgentGone));
  it('is not given up when it left', () => given([registered, gone]).when(giveUp).thenNothing());

  it.each([drain, resume, deregister, giveUp, welcome])('does not exist before it registers: $type', (command) =>
    given([]).when(command).thenRefused(NotFound),
  );
});
