import { join } from 'node:path';
import { READER, serviceDatabases } from '../postgres/databases';

/** An app of `apps/` that runs as a process of its own. */
export interface Service {
  /** The folder name. */
  readonly app: string;
  readonly database?: (typeof serviceDatabases)[number];
  /** The login, when it is not the owner of the database. */
  readonly role?: string;
}

export const GATEWAY = 'gateway';
export const AGENT = 'agent';

/** All but the agents, of which there may be any number. */
export const services: readonly Service[] = [
  { app: 'project', database: 'project' },
  { app: 'work-item', database: 'work_item' },
  { app: 'scheduler', database: 'scheduler' },
  { app: 'agent-manager', database: 'agent_manager' },
  { app: 'notification', database: 'notification' },
  { app: 'audit', database: 'audit' },
  { app: 'projector', database: 'read_models' },
  { app: 'query-api', database: READER.database, role: READER.role },
  { app: GATEWAY },
];

/**
 * V8's default young generation costs each service tens of MB more. Halves of 8 MB made a work item 4 % dearer than those of
 * 16 MB: a busy consumer spent 23 % of its time collecting. What the start leaves in them is given back (`--expose-gc`).
 */
export const MEMORY = ['--max-semi-space-size=16', '--expose-gc'];

/** One process: `project`, and with replicas `project-2` and so on. */
export interface Instance {
  readonly name: string;
  readonly service: Service;
  readonly port: number;
}

/** The program of an app, in the build. */
export function mainOf(root: string, app: string): string {
  return join(root, 'dist/apps', app, 'src/main.js');
}

/** `PROJECTOR_URL`, `WORK_ITEM_URL`, … */
export function urlVariable(app: string): string {
  return `${app.replaceAll('-', '_').toUpperCase()}_URL`;
}

/** Names of the processes in the order of their start; ports are given out by `takePort`. */
export function planInstances(counts: { agents: number; replicas: number }, ports: PortPlan): readonly Instance[] {
  const numbered = (service: Service, count: number): Instance[] =>
    Array.from({ length: count }, (_, index) => ({
      name: index === 0 ? service.app : `${service.app}-${index + 1}`,
      service,
      port: service.app === GATEWAY && index === 0 ? ports.gateway : ports.take(),
    }));
  const running = services.flatMap((service) => numbered(service, counts.replicas));
  return [...running, ...numbered({ app: AGENT }, counts.agents)];
}

export interface PortPlan {
  readonly gateway: number;
  take(): number;
}
