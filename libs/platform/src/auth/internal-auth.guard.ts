import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { contextOf, type Caller } from '../context/request-context';
import { Problem } from '../problems/problem';
import { PUBLIC, ROLES, type Role } from './auth.decorators';
import { INTERNAL_TOKEN_HEADER, type InternalTokenVerifier } from './internal-token';

/** What a route asks for, worked out once. */
interface RouteRule {
  readonly isPublic: boolean;
  readonly roles: readonly Role[] | undefined;
}

/**
 * Lets in what carries a valid internal token and one of the route's roles: 401 and 403 otherwise. The second line
 * behind the gateway, and the only one for calls between services. Synchronous once a token is known.
 */
export class InternalAuthGuard implements CanActivate {
  private readonly rules = new WeakMap<object, RouteRule>();
  private readonly reflector = new Reflector();

  /** @param verifier null lets only public routes through */
  constructor(private readonly verifier: InternalTokenVerifier | null) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType<string>() !== 'http') return true;
    const rule = this.ruleOf(context);
    if (rule.isPublic) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const token = request.headers[INTERNAL_TOKEN_HEADER];
    if (typeof token !== 'string' || this.verifier === null) throw new Problem('UNAUTHENTICATED');
    const known = this.verifier.recall(token);
    if (known !== undefined) return admit(request, known, rule.roles);
    return this.verifier.verify(token).then((caller) => admit(request, caller, rule.roles));
  }

  private ruleOf(context: ExecutionContext): RouteRule {
    const handler = context.getHandler();
    const known = this.rules.get(handler);
    if (known !== undefined) return known;
    const targets = [handler, context.getClass()];
    const rule: RouteRule = {
      isPublic: this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) === true,
      roles: this.reflector.getAllAndOverride<readonly Role[] | undefined>(ROLES, targets),
    };
    this.rules.set(handler, rule);
    return rule;
  }
}

/** True when one of the caller's roles is allowed; `admin` always is. */
export function mayCall(caller: Caller, roles: readonly string[] | undefined): boolean {
  return roles === undefined || caller.roles.some((role) => role === 'admin' || roles.includes(role));
}

function admit(request: FastifyRequest, caller: Caller, roles: readonly Role[] | undefined): true {
  if (!mayCall(caller, roles)) throw new Problem('FORBIDDEN');
  contextOf(request).caller = caller;
  return true;
}
