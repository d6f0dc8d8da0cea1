import { Refusal } from '@codex/event-sourcing';

import type { Addressing } from '../record/outgoing-message';
import { cursorOf, type BatchSender, type SendingTurn } from './batch-sender';
import type { RelayCursor, RelaySource } from './relay-source';

/**
 * What a topic is to a relay: the one that is published on, one that was left for another, one that does not hold yet
 * all that is behind the relay's cursor, or one that does.
 */
export type TopicState = 'current' | 'left' | 'copying' | 'copied';

/** Which topic the events of a log are published on, and how far others hold the same. */
export interface TopicMoves {
  /** With `enter`, a topic that holds everything becomes the current one, and the one before is left for ever. */
  stateOf(topic: string, options: { readonly enter: boolean }): Promise<TopicState>;
  /** Everything up to here is on the topic. */
  loadCopy(topic: string): Promise<RelayCursor>;
  /** Moves forward, never back. */
  saveCopy(topic: string, cursor: RelayCursor): Promise<void>;
}

/** The topic that the events of a log belong on. */
export interface EventTopic {
  readonly name: string;
  readonly moves: TopicMoves;
}

/** The events were published on this topic once, and are on another one now: nothing may be published on it. */
export class TopicLeft extends Refusal {
  readonly code = 'TOPIC_LEFT';

  constructor(readonly topic: string) {
    super(`nothing is published on ${topic}: it was left for another topic, which KAFKA_TOPICS has to name`);
  }
}

export interface TopicCopyParts {
  readonly topic: EventTopic;
  readonly source: Pick<RelaySource, 'loadCursor' | 'readAfter'>;
  readonly sender: BatchSender;
  /** Rows that it sends to another topic are not copied: commands, replies, events of the system. */
  readonly addressing: Pick<Addressing, 'topicOf'>;
  /** Rows read at once. */
  readonly batchRows: number;
  /** Called after every batch that was copied, with the number of its events and where it ends. */
  readonly progress?: (copied: { readonly events: number; readonly upTo: string }) => void;
}

/**
 * Brings the events that were published so far to another topic, in the order of the log, each at least once and with
 * first sightings in order. How far it came is stored, so it may break off at any point, and be done by several at once.
 */
export class TopicCopy {
  constructor(private readonly parts: TopicCopyParts) {}

  /** Until the topic holds all that was published. False when the turn ended before. Throws {@link TopicLeft}. */
  fill(turn: SendingTurn): Promise<boolean> {
    return this.until((state) => state === 'copied' || state === 'current', { enter: false, turn });
  }

  /** The same, and then the topic is the one that is published on. */
  enter(turn: SendingTurn): Promise<boolean> {
    return this.until((state) => state === 'current', { enter: true, turn });
  }

  private async until(
    isDone: (state: TopicState) => boolean,
    { enter, turn }: { readonly enter: boolean; readonly turn: SendingTurn },
  ): Promise<boolean> {
    const { name, moves } = this.parts.topic;
    for (let copied: RelayCursor | null = null; ;) {
      const state = await moves.stateOf(name, { enter });
      if (state === 'left') throw new TopicLeft(name);
      if (isDone(state)) return true;
      if (turn.lost.aborted || turn.isOutOfTime()) return false;
      copied = await this.copyAfter(copied ?? (await moves.loadCopy(name)), turn);
      if (copied === null) return false;
      await moves.saveCopy(name, copied);
    }
  }

  private async copyAfter(cursor: RelayCursor, turn: SendingTurn): Promise<RelayCursor | null> {
    const { source, sender, addressing, topic, batchRows, progress } = this.parts;
    // Asked for first: every row up to it can be read now, so when none comes there is none.
    const published = await source.loadCursor();
    const rows = await source.readAfter(cursor, batchRows);
    const events = rows.filter((row) => addressing.topicOf(row) === topic.name);
    if (!(await sender.send(events, turn))) return null;
    const last = rows.at(-1);
    if (last === undefined) return published;
    progress?.({ events: events.length, upTo: last.recordedAt });
    return cursorOf(last);
  }
}
