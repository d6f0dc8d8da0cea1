import type { MessageCodec } from '../codec';
import { Poison } from '../errors';

const SCHEMA_ID = 1;

/** A codec for tests without schemas: bodies are JSON, and every type is known under schema 1. */
export const jsonCodec: MessageCodec = {
  encode: (type, data) => ({ schemaId: SCHEMA_ID, data: Buffer.from(JSON.stringify({ type, data })) }),
  decode: (schemaId, data) => {
    if (schemaId !== SCHEMA_ID) throw new Poison('UNKNOWN_SCHEMA', `there is no schema ${schemaId}`);
    try {
      const { type, data: body } = JSON.parse(data.toString()) as { type: string; data: unknown };
      return { type, data: body };
    } catch (cause) {
      throw new Poison('UNDECODABLE', 'the body is not JSON', { cause });
    }
  },
};
