import type { StreamId } from '@codex/event-sourcing';

import { RestorationRefused } from './restoration-errors';

/**
 * What was seen of each stream, so that a log can be checked while it is read: versions from 1 without a gap, and of
 * each version one event. The relay may have sent an event twice; the second one is the same.
 */
export class StreamLedger {
  private readonly streams = new Map<StreamId, number[]>();

  /**
   * True for the next version, false for a repeat. Throws {@link RestorationRefused}: `STREAM_GAP`, or `STREAM_FORKED`
   * when another event had this version before (ids are compared by a 32-bit hash).
   */
  isNext(stream: StreamId, version: number, eventId: string): boolean {
    let hashes = this.streams.get(stream);
    if (hashes === undefined) this.streams.set(stream, (hashes = []));
    const hash = hashOf(eventId);
    if (version === hashes.length + 1) {
      hashes.push(hash);
      return true;
    }
    if (version > hashes.length) {
      throw new RestorationRefused('STREAM_GAP', `version ${version} of ${stream} follows version ${hashes.length}`);
    }
    if (hashes[version - 1] === hash) return false;
    throw new RestorationRefused(
      'STREAM_FORKED',
      `the log has two different events as version ${version} of ${stream}`,
    );
  }

  get streamCount(): number {
    return this.streams.size;
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
}
