/** An answer to a command: published on the replies topic of the service that answers, never part of a stream. */
export interface ReplyMessage<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}
