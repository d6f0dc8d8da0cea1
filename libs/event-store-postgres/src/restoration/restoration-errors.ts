import { CodedError } from '@codex/event-sourcing';

/** Why an event store can't be restored into this database, or from this log. Nothing but a decision of a person helps. */
export class RestorationRefused extends CodedError {
  readonly kind = 'poison';

  constructor(
    readonly code:
      | 'STORE_NOT_EMPTY'
      | 'STORE_IN_USE'
      | 'LOG_CUT_OFF'
      | 'LOG_MOVED'
      | 'STREAM_GAP'
      | 'STREAM_FORKED'
      | 'MESSAGE_REPEATED'
      | 'MESSAGE_UNREADABLE',
    message: string,
  ) {
    super(message);
  }
}
