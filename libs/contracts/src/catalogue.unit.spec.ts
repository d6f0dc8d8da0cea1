import { contextOfType, contexts, isPublicEvent, messageTypes, schemaById, topicOf } from './catalogue';
import { topicCatalogue } from './topics.gen';

describe('topics', () => {
  it.each(contexts)('of %s are its events, commands and replies, and only commands expire', (context) => {
    const own = topicCatalogue.filter((topic) => topic.context === context);
    expect(own.map(({ name, partitions }) => [name, partitions])).toEqual([
      [`${context}.events.v1`, 12],
      [`${context}.commands.v1`, 12],
      [`${context}.replies.v1`, 3],
    ]);
    expect(own.map(({ config }) => [config['cleanup.policy'], config['retention.ms'] === '-1'])).toEqual([
      ['delete', true],
      ['delete', false],
      ['delete', true],
    ]);
  });

  it('are those of the schema, for events and commands whoever sends them', () => {
    expect(topicOf({ kind: 'event', type: 'TaskReady' })).toBe('scheduler.events.v1');
    expect(topicOf({ kind: 'command', type: 'AssignQuota', context: 'work-item' })).toBe('project.commands.v1');
  });

  it('of a reply are those of the context that answers', () => {
    expect(topicOf({ kind: 'reply', type: 'CommandReplied', context: 'scheduler' })).toBe('scheduler.replies.v1');
    expect(() => topicOf({ kind: 'reply', type: 'CommandReplied' })).toThrow(/no topic/);
  });
});

describe('message types', () => {
  it('are found by type and by id', () => {
    for (const entry of messageTypes) {
      expect(contextOfType(entry.name)).toBe(entry.context);
      expect(schemaById(entry.id)).toBe(entry);
    }
    expect(() => contextOfType('Nonsense')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TYPE' }) as Error);
    expect(() => schemaById(0)).toThrow(expect.objectContaining({ code: 'UNKNOWN_SCHEMA' }) as Error);
  });

  it('are public when they are events, except those about the system itself', () => {
    expect(isPublicEvent('ProjectCreated')).toBe(true);
    expect(isPublicEvent('ServiceHealthChanged')).toBe(false);
    expect(isPublicEvent('AssignQuota')).toBe(false);
    expect(isPublicEvent('Nonsense')).toBe(false);
  });
});
