import type { KafkaProducer, OutgoingRecord } from '../driver/kafka-driver';
import type { MessagingLogger } from '../driver/messaging-logger';
import type { Wakeup } from '../flow/wakeup';
import { outgoingRecord, type Addressing } from '../record/outgoing-message';
import { chunksOf } from './relay-chunks';
import type { RelayCursor, RelayRow } from './relay-source';

export interface BatchSenderParts {
  readonly producer: KafkaProducer;
  readonly addressing: Addressing;
  readonly logger: MessagingLogger;
  /** Wakes from the pause after a failure. */
  readonly bell: Wakeup;
  /** Default 768 KiB. */
  readonly batchBytes?: number;
}

/** When whoever sends has to give up. */
export interface SendingTurn {
  /** Nothing may be sent any more, not even the batch that failed. */
  readonly lost: AbortSignal;
  /** A failed batch is not sent again. */
  isOutOfTime(): boolean;
}

export const FIRST_RETRY_MS = 50;
export const LAST_RETRY_MS = 2_000;

/** Sends rows in their order: one batch is outstanding, with acks=all, and a failed one is sent again unchanged. */
export class BatchSender {
  published = 0;
  lastError: unknown = null;

  constructor(private readonly parts: BatchSenderParts) {}

  /** Tells of every batch that was acknowledged. False when the turn ended before all were. */
  async send(
    rows: readonly RelayRow[],
    turn: SendingTurn,
    acknowledged: (upTo: RelayCursor) => void = () => undefined,
  ): Promise<boolean> {
    for (const chunk of chunksOf(rows, this.parts.batchBytes ?? 786_432)) {
      const records = chunk.map((row) => outgoingRecord(row, this.parts.addressing));
      if (!(await this.sendUntilAcknowledged(records, turn))) return false;
      this.published += records.length;
      acknowledged(cursorOf(chunk.at(-1)!));
    }
    return true;
  }

  private async sendUntilAcknowledged(records: readonly OutgoingRecord[], turn: SendingTurn): Promise<boolean> {
    const { producer, logger, bell } = this.parts;
    let retryMs = FIRST_RETRY_MS;
    while (!turn.lost.aborted) {
      try {
        await producer.send(records);
        this.lastError = null;
        return true;
      } catch (error) {
        this.lastError = error;
        logger.warn({ err: error }, 'relay: the batch is sent again');
        if (turn.isOutOfTime()) return false;
        await bell.pause(retryMs, () => turn.lost.aborted);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
    return false;
  }
}

export function cursorOf({ era, xid, position }: RelayCursor): RelayCursor {
  return { era, xid, position };
}
