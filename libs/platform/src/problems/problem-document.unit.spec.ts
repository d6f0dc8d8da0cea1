import * as eventSourcing from '@codex/event-sourcing';
import {
  CodedError,
  CommandInFlight,
  IdempotencyKeyReused,
  NotFound,
  PayloadTooLarge,
  Poison,
  Refusal,
  Unavailable,
  VersionConflict,
  VersionMismatch,
} from '@codex/event-sourcing';
import { edgeProblems, Problem, validationFailed, type EdgeCode } from './problem';
import { problemDocument } from './problem-document';

class ThingArchived extends Refusal {
  readonly code = 'THING_ARCHIVED';
}

const place = { instance: '/v1/things/1', correlationId: 'c-1' };
const answerTo = (error: unknown) => problemDocument(error, place).document;

const samples: readonly CodedError[] = [
  new NotFound('Thing-1'),
  new VersionMismatch('Thing-1', 1, 2),
  new IdempotencyKeyReused('k'),
  new CommandInFlight('k'),
  new PayloadTooLarge('ThingCreated', 300_000, 262_144),
  new VersionConflict(['Thing-1']),
  new Unavailable('postgres'),
  new Poison('UNKNOWN_TYPE', 'there is no type X'),
];

describe('the table from errors to answers', () => {
  it('knows every error class of the write side', () => {
    const concrete = Object.values(eventSourcing).filter(
      (value) => typeof value === 'function' && value.prototype instanceof CodedError && (value as unknown) !== Refusal,
    );
    expect(samples.map((error) => error.constructor)).toEqual(expect.arrayContaining(concrete));
  });

  it('has a unique code and a kind for each', () => {
    const codes = samples.map((error) => error.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const error of samples) {
      expect(error.code).toMatch(/^[A-Z][A-Z_]+$/);
      expect(['refusal', 'conflict', 'transient', 'poison']).toContain(error.kind);
    }
  });

  it.each([
    [404, 'NOT_FOUND', samples[0]],
    [412, 'VERSION_MISMATCH', samples[1]],
    [422, 'IDEMPOTENCY_KEY_REUSED', samples[2]],
    [409, 'COMMAND_IN_FLIGHT', samples[3]],
    [413, 'PAYLOAD_TOO_LARGE', samples[4]],
    [409, 'VERSION_CONFLICT', samples[5]],
    [503, 'UPSTREAM_UNAVAILABLE', samples[6]],
    [500, 'INTERNAL_ERROR', samples[7]],
    [409, 'THING_ARCHIVED', new ThingArchived()],
  ])('answers %i %s', (status, code, error) => {
    expect(answerTo(error)).toMatchObject({ status, code });
  });

  it.each(Object.keys(edgeProblems) as EdgeCode[])('answers the edge problem %s with its own status', (code) => {
    expect(answerTo(new Problem(code))).toMatchObject({ status: edgeProblems[code].status, code });
  });

  it.each([
    ['MALFORMED_JSON', Object.assign(new SyntaxError('Unexpected token'), { statusCode: 400 })],
    ['PAYLOAD_TOO_LARGE', Object.assign(new Error(), { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 })],
    ['UNSUPPORTED_MEDIA_TYPE', Object.assign(new Error(), { code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE', statusCode: 415 })],
    ['NOT_FOUND', Object.assign(new Error(), { code: 'FST_ERR_MAX_PARAM_LENGTH', statusCode: 414 })],
    ['VALIDATION_FAILED', Object.assign(new Error(), { code: 'FST_ERR_BAD_URL', statusCode: 400 })],
  ])('gives the framework’s own errors the code %s', (code, error) => {
    expect(answerTo(error)).toMatchObject({ code });
  });

  it('is RFC 9457 with all fields of the contract', () => {
    expect(problemDocument(validationFailed({ path: 'name', message: 'is empty' }), place)).toEqual({
      document: {
        type: 'urn:codex:problem:validation-failed',
        title: 'The request is not valid',
        status: 400,
        detail: 'name: is empty',
        code: 'VALIDATION_FAILED',
        instance: '/v1/things/1',
        correlationId: 'c-1',
        errors: [{ path: 'name', message: 'is empty' }],
      },
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    });
  });

  it.each([
    new Error('relation "events" does not exist'),
    new Unavailable('postgres', { cause: new Error('connect ECONNREFUSED 10.0.0.7:5432') }),
    new Poison('BROKEN', 'select * from secrets'),
    new VersionConflict(['Thing-1']),
    'a thrown string with secrets',
    null,
  ])('says nothing of the inside (%#)', (error) => {
    expect(JSON.stringify(answerTo(error))).not.toMatch(/does not exist|postgres|10\.0\.0\.7|select|secrets|Thing-1/);
  });

  it('tells when to come back while something is away', () => {
    expect(problemDocument(new Unavailable('postgres'), place).headers['retry-after']).toBe('1');
    expect(
      problemDocument(new Problem('RATE_LIMITED', undefined, { retryAfterS: 7 }), place).headers['retry-after'],
    ).toBe('7');
  });
});
