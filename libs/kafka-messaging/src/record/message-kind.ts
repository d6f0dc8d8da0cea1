/** What a message is: a fact of a stream, a request to one, or the answer to a request. */
export type MessageKind = 'event' | 'command' | 'reply';
