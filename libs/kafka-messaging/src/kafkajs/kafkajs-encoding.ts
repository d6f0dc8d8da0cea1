import { decodeFetch, FETCH_VERSION } from './fetch-decoding';
import {
  asTopicList,
  decodeMetadata,
  encodeMetadata,
  METADATA_VERSION,
  type MetadataArguments,
} from './metadata-encoding';
import { canEncode, encodeProduce, type ProduceArguments } from './produce-encoding';

interface Exchange {
  readonly request: { readonly apiVersion: number; readonly encode: () => Promise<unknown> };
  readonly response: { readonly decode: (raw: Buffer) => Promise<unknown> };
}
interface Definition<Arguments> {
  versions: readonly string[];
  protocol: (choice: { readonly version: number }) => (args: Arguments) => Exchange;
}
interface Requests {
  readonly Produce: Definition<ProduceArguments>;
  readonly Fetch: Definition<unknown>;
  readonly Metadata: Definition<MetadataArguments>;
}

const FIRST_PRODUCE_VERSION = 3;
let applied = false;

/** Has kafkajs send and read its records through our own code; what that does not know still goes through kafkajs's. */
export function applyFastEncoding(): void {
  if (applied) return;
  applied = true;
  // kafkajs has no entry for this; the file is part of the pinned version.
  const { requests } = require('kafkajs/src/protocol/requests') as { readonly requests: Requests };
  replaceProduce(requests.Produce);
  replaceFetch(requests.Fetch);
  addNewerMetadata(requests.Metadata);
}

function replaceProduce(definition: Definition<ProduceArguments>): void {
  const original = definition.protocol;
  definition.protocol = (choice) => {
    const make = original(choice);
    if (choice.version < FIRST_PRODUCE_VERSION) return make;
    return (args) => {
      const { request, response } = make(args);
      if (!canEncode(args)) return { request, response };
      return { request: { ...request, encode: async () => asEncoder(encodeProduce(args)) }, response };
    };
  };
}

function replaceFetch(definition: Definition<unknown>): void {
  const original = definition.protocol;
  definition.protocol = (choice) => {
    const make = original(choice);
    if (choice.version !== FETCH_VERSION) return make;
    return (args) => {
      const { request, response } = make(args);
      const decode = async (raw: Buffer): Promise<unknown> => decodeFetch(raw) ?? response.decode(raw);
      return { request, response: { ...response, decode } };
    };
  };
}

/** kafkajs's newest version does not tell the ids of topics. Brokers that don't speak ours are asked with that one. */
function addNewerMetadata(definition: Definition<MetadataArguments>): void {
  const original = definition.protocol;
  const newestOfKafkajs = Math.max(...definition.versions.map(Number));
  definition.versions = [...definition.versions, String(METADATA_VERSION)];
  definition.protocol = ({ version }) => {
    const make = original({ version: Math.min(version, newestOfKafkajs) });
    if (version !== METADATA_VERSION) return make;
    return (args) => {
      const { request, response } = make(args);
      const encode = async (): Promise<unknown> => asEncoder(encodeMetadata(args));
      const decode = async (raw: Buffer): Promise<unknown> => {
        const metadata = decodeMetadata(raw);
        return args.topics.length === 0 ? asTopicList(metadata) : metadata;
      };
      return { request: { ...request, apiVersion: version, encode }, response: { ...response, decode } };
    };
  };
}

/** What kafkajs asks of an encoder when it puts one into another. */
function asEncoder(buffer: Buffer): { readonly buf: Buffer; readonly buffer: Buffer; size(): number } {
  return { buf: buffer, buffer, size: () => buffer.length };
}
