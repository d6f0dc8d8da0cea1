// Loaded into the services of a fault test with `node --require`, and into nothing else. It watches what a service
// says to Postgres and Kafka and kills its own process at a named point, when a test has armed that point for its app;
// and it sets the clock of the reference agents wrong.
'use strict';
const { appendFileSync, readFileSync, renameSync, statSync } = require('node:fs');
const { join } = require('node:path');

const POLL_MS = 20;
const folder = process.env.FAULT_KILL_POINTS;
const app = /[\\/]apps[\\/]([^\\/]+)[\\/]src[\\/]main\.js$/.exec(process.argv[1] ?? '')?.[1];

if (app === 'agent') shiftClock(Number(process.env.FAULT_AGENT_CLOCK_MS ?? 0));
else if (app !== undefined && folder !== undefined && app !== 'gateway' && app !== 'query-api') watchPoints();

function watchPoints() {
  const file = join(folder, `${app}.armed`);
  let text = null;
  let armed = null;
  const read = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return null; // nothing is armed
    }
  };
  setInterval(() => {
    const now = read();
    if (now === text) return;
    text = now;
    armed = now === null ? null : JSON.parse(now);
  }, POLL_MS).unref();

  /**
   * Dies here when this is the armed point, for the n-th time. Passes are counted in a file, over all lives and replicas:
   * whoever lives for a moment only would never come to the fourth. The armed file goes first: the next life must live.
   */
  const reached = (point) => {
    if (armed?.point !== point || read() !== text) return;
    const passes = join(folder, `${app}.${armed.id}.passes`);
    appendFileSync(passes, '.');
    if (statSync(passes).size < armed.nth) return;
    armed = null;
    try {
      renameSync(file, join(folder, `${app}.${point}.fired`));
    } catch {
      return; // another replica was here first
    }
    process.kill(process.pid, 'SIGKILL');
  };
  watchPostgres(reached);
  if (process.env.KAFKA_CLIENT === 'platformatic') watchPlatformatic(reached);
  else watchKafkajs(reached);
}

function watchPostgres(reached) {
  const { Client } = require('pg');
  const { query } = Client.prototype;
  Client.prototype.query = function (config, values, callback) {
    const points = pointsOf(this, config);
    if (points === null) return query.call(this, config, values, callback);
    for (const point of points) reached(`before-${point}`);
    const done = (result) => {
      if (points.needsRows && !(result?.rows?.length > 0)) return;
      if (points.needsRows) this.faultClaimed = true;
      for (const point of points) reached(`after-${point}`);
    };
    const given = typeof values === 'function' ? values : callback;
    if (typeof given === 'function') {
      const wrapped = (error, result) => {
        if (!error) done(result);
        given(error, result);
      };
      return typeof values === 'function'
        ? query.call(this, config, wrapped)
        : query.call(this, config, values, wrapped);
    }
    const answer = query.call(this, config, values);
    // pg hands a statement to the socket at the end of this tick: one turn later it is on its way, and unanswered.
    setImmediate(() => {
      for (const point of points) reached(`in-${point}`);
    });
    return answer.then((result) => {
      done(result);
      return result;
    });
  };
}

/** The points around a statement; null for one that is none. What a transaction did so far is kept on its client. */
function pointsOf(client, config) {
  const text = typeof config === 'string' ? config : config?.text;
  const name = typeof config === 'string' ? undefined : config?.name;
  if (text === 'begin')
    Object.assign(client, { faultBegun: true, faultAppended: false, faultMoved: false, faultClaimed: false });
  if (name === 'inbox-close-batch') client.faultMoved = true;
  if (name === 'event-store-append') {
    if (!client.faultBegun) return ['commit'];
    client.faultAppended = true;
  }
  if (name === 'relay-save') return ['cursor-update'];
  if (name === 'claim-runs') return Object.assign(['lease-grant'], { needsRows: true });
  if (text !== 'commit') return null;
  client.faultBegun = false;
  const points = [];
  if (client.faultAppended) points.push('commit');
  if (client.faultMoved) points.push('offset-commit');
  if (client.faultClaimed) points.push('lease-commit');
  return points;
}

function watchKafkajs(reached) {
  const Connection = require('kafkajs/src/network/connection');
  const { send } = Connection.prototype;
  Connection.prototype.send = async function (message) {
    const isProduce = message.request.apiName === 'Produce';
    if (isProduce) reached('before-produce');
    const answer = send.call(this, message);
    if (isProduce) setImmediate(() => reached('in-produce'));
    const result = await answer;
    if (isProduce) reached('after-produce-ack');
    return result;
  };
}

const PRODUCE = 0;

function watchPlatformatic(reached) {
  const { Connection } = require('@platformatic/kafka');
  const { send } = Connection.prototype;
  Connection.prototype.send = function (apiKey, ...rest) {
    if (apiKey !== PRODUCE) return send.call(this, apiKey, ...rest);
    const answered = rest.pop();
    reached('before-produce');
    send.call(this, apiKey, ...rest, (error, ...answer) => {
      if (!error) reached('after-produce-ack');
      answered(error, ...answer);
    });
    setImmediate(() => reached('in-produce'));
  };
}

/** The first agent is ahead, every other one behind. */
function shiftClock(byMs) {
  if (byMs === 0) return;
  const offset = /-\d+$/.test(process.env.AGENT_NAME ?? '') ? -byMs : byMs;
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...parts) {
      if (parts.length === 0) super(RealDate.now() + offset);
      else super(...parts);
    }
    static now() {
      return RealDate.now() + offset;
    }
  };
}
