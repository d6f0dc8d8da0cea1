import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { callerOf, type Caller } from '../context/request-context';

export const PUBLIC = 'codex:public';
export const ROLES = 'codex:roles';

/** The roles of the public contract. `admin` may do everything that the others may. */
export type Role = 'admin' | 'member' | 'operator' | 'auditor' | 'agent';

/** Needs no internal token. For probes and documents only. */
export function Public(): CustomDecorator {
  return SetMetadata(PUBLIC, true);
}

/** Any of these roles, or `admin`. Without it every authenticated caller may call. Method wins over class. */
export function Roles(...roles: readonly Role[]): CustomDecorator {
  return SetMetadata(ROLES, roles);
}

/** The verified {@link Caller} as a parameter of a controller's method. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
