/** The parts of the public views that the demo shows. */
export interface Receipt {
  readonly id: string;
  readonly events: readonly string[];
  readonly consistencyToken: string;
}

export interface CreatedItem {
  readonly id: string;
  readonly processId: string;
  readonly consistencyToken: string;
}

export interface Step {
  readonly name: string;
  readonly status: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface Process {
  readonly status: string;
  readonly steps: readonly Step[];
}

export interface WorkItem {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly attempt: number;
  readonly result: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly artifacts: readonly { readonly id: string; readonly name: string; readonly bytes: number }[];
}

export interface Page<Item> {
  readonly items: readonly Item[];
}

export interface HistoryEvent {
  readonly type: string;
  readonly context: string;
  readonly stream: string;
  readonly version: number;
  readonly occurredAt: string;
  readonly correlationId: string;
}

export interface Projection {
  readonly name: string;
  readonly rebuild: {
    readonly generation: number;
    readonly phase: string;
    readonly done: number;
    readonly total: number;
    readonly error: string | null;
    readonly report: {
      readonly equal: boolean;
      readonly live: { readonly rows: number; readonly hash: string };
      readonly rebuilt: { readonly rows: number; readonly hash: string };
    } | null;
  } | null;
}
