import { TopicPlaces, TopicPlacesInvalid } from './topic-places';
import { topicCatalogue } from './topics.gen';

function mistakesOf(text: string): readonly string[] {
  try {
    TopicPlaces.parse(text);
  } catch (error) {
    if (error instanceof TopicPlacesInvalid) return error.mistakes;
    throw error;
  }
  return [];
}

describe('the places of topics', () => {
  it('are those of the catalogue when nothing was moved', () => {
    const places = new TopicPlaces();
    expect(places.definitions).toEqual(topicCatalogue);
    expect(places.nameOf('work-item.events.v1')).toBe('work-item.events.v1');
    expect(places.toString()).toBe('');
  });

  it('are others for what was moved, with the settings of the catalogue', () => {
    const places = TopicPlaces.parse('work-item.events.v1.p24:24, project.events.v1.again:12');
    expect(places.nameOf('work-item.events.v1')).toBe('work-item.events.v1.p24');
    expect(places.nameOf('work-item.commands.v1')).toBe('work-item.commands.v1');
    expect(places.nameOf('a-test-topic')).toBe('a-test-topic');
    expect(places.definitions).toHaveLength(topicCatalogue.length);
    expect(places.definitions.find(({ name }) => name === 'work-item.events.v1.p24')).toEqual({
      ...topicCatalogue.find(({ name }) => name === 'work-item.events.v1'),
      ...{ name: 'work-item.events.v1.p24', partitions: 24 },
    });
    expect(places.definitions.map(({ name }) => name)).not.toContain('work-item.events.v1');
  });

  it('can be written, with one topic moved on', () => {
    const places = TopicPlaces.parse('work-item.events.v1.p24:24,project.events.v1.p5:5');
    const next = places.with({ name: 'work-item.events.v1.p48', partitions: 48 });
    expect(next.toString()).toBe('project.events.v1.p5:5,work-item.events.v1.p48:48');
    expect(TopicPlaces.parse(next.toString()).definitions).toEqual(next.definitions);
  });

  it('are refused with every mistake at once', () => {
    const text = [
      ...['work-item.commands.v1.p9:9', 'nobody.events.v1.p9:9', 'system.events.v1.p9:9', 'project.events.v1:9'],
      ...['agent.events.v1.p0:0', 'scheduler.events.v1.a:3', 'scheduler.events.v1.b:3', ''],
    ].join(',');
    expect(mistakesOf(text)).toEqual([
      'work-item.commands.v1 has no events: only topics of events can be moved',
      'nobody.events.v1 is not in the catalogue',
      "system.events.v1 is published by every service: it can't be moved",
      '"project.events.v1:9" is not <topic>.<suffix>:<partitions>',
      'agent.events.v1.p0 needs 1 to 1000 partitions',
      '"" is not <topic>.<suffix>:<partitions>',
      'scheduler.events.v1 is moved twice',
    ]);
  });
});
