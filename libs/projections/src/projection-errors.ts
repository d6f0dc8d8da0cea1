import { Refusal } from '@codex/event-sourcing';

/** A paused projection can't be rebuilt: nothing may feed it. */
export class ProjectionPaused extends Refusal {
  readonly code = 'PROJECTION_PAUSED';

  constructor(readonly projection: string) {
    super(`${projection} is paused`);
  }
}

/** A projection that is being rebuilt can't be paused. */
export class RebuildRunning extends Refusal {
  readonly code = 'REBUILD_RUNNING';

  constructor(readonly projection: string) {
    super(`${projection} is being rebuilt`);
  }
}

/** There is no other generation that today's definition feeds: none was kept, or it is of another definition. */
export class NoPreviousGeneration extends Refusal {
  readonly code = 'NO_PREVIOUS_GENERATION';

  constructor(readonly projection: string) {
    super(`${projection} has no previous generation of this definition to return to`);
  }
}

/** The previous generation is too far behind the live one: queries would see the past. */
export class GenerationBehind extends Refusal {
  readonly code = 'GENERATION_BEHIND';

  constructor(
    readonly projection: string,
    readonly missing: number,
  ) {
    super(`the previous generation of ${projection} is ${missing} messages behind the live one`);
  }
}

/** What queries read can't be dropped. */
export class GenerationIsLive extends Refusal {
  readonly code = 'GENERATION_IS_LIVE';

  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super(`generation ${generation} of ${projection} is live`);
  }
}

/** The topic that took the place of another does not hold yet what was read from that one: the relay is still copying. */
export class TopicNotFilled extends Refusal {
  readonly code = 'TOPIC_NOT_FILLED';

  constructor(
    readonly projection: string,
    readonly stream: string,
  ) {
    super(
      `${projection} knows more of ${stream} than its topic holds: rebuild it when the relay has copied everything`,
    );
  }
}
