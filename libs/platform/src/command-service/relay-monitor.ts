import type { Relay } from '@codex/kafka-messaging';

/** How far the relay of this service is behind. */
export interface RelayLag {
  readonly lagMs: number;
  readonly pending: number;
}

/** Knows the relay once there is one. */
export class RelayMonitor {
  private relay: Relay | undefined;

  watch(relay: Relay): void {
    this.relay = relay;
  }

  /** Asks the database; rejects when it is away. */
  async status(): Promise<RelayLag & { readonly state: string; readonly blockers: readonly unknown[] }> {
    if (this.relay === undefined) return { lagMs: 0, pending: 0, state: 'stopped', blockers: [] };
    const { lagMs, pending, state, blockers } = await this.relay.status();
    return { lagMs, pending, state, blockers };
  }
}
