// Runs a case of cases/ by the AWS SDK for JavaScript. README.md says what a case is.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';

const patience = 15_000;
const words = ['out', 'error', 'message', 'save', 'until', 'within', 'as', 'only', 'status', 'times'];
const protocol = 'json';
const packages = { sqs, sns };

export class Case {
  #case;
  #clients;
  #errors;
  #values;

  /** `clients(identity, service)` answers a client, `errors` is errors.json. */
  constructor(description, id, clients, errors) {
    this.#case = description;
    this.#clients = clients;
    this.#errors = errors;
    this.#values = { id, account: '000000000000', region: 'us-east-1' };
  }

  async run() {
    for (const [name, template] of Object.entries(this.#case.values ?? {})) this.#values[name] = this.#value(template);
    for (const [variable, attributes] of Object.entries(this.#case.queues ?? {}))
      await this.#createQueue(variable, this.#value(attributes));
    for (const item of this.#case.for ?? [null]) {
      this.#values.it = this.#value(item);
      for (const step of this.#case.steps)
        if ((step.only ?? protocol) === protocol) await this.#steps(step);
    }
  }

  async #createQueue(variable, attributes) {
    const name = `${this.#values.id}-${variable}${attributes.FifoQueue === 'true' ? '.fifo' : ''}`;
    const command = new sqs.CreateQueueCommand({ QueueName: name, Attributes: attributes });
    this.#values[variable] = (await this.#clients('owner', 'sqs').send(command)).QueueUrl;
    this.#values[`${variable}.name`] = name;
    this.#values[`${variable}.arn`] = `arn:aws:sqs:us-east-1:000000000000:${name}`;
  }

  async #steps(step) {
    for (let n = 1; n <= (step.times ?? 1); n++) {
      if (step.times) this.#values.turn = n;
      await this.#step(step);
    }
  }

  async #step(step) {
    const key = Object.keys(step).find((name) => !words.includes(name));
    const action = this.#value(key), request = this.#value(step[key]);
    const [, service = 'sqs', call, queue] = /^(?:(sns)\.)?(\w+)(?: ([\w.]+))?$/.exec(action);
    if (queue) request.QueueUrl = this.#values[queue];
    const client = this.#clients(this.#value(step.as ?? 'owner'), service);
    const start = Date.now();
    for (;;) {
      const problem = await this.#attempt(step, client, new packages[service][`${call}Command`](request));
      if (!problem) break;
      if (!step.until || Date.now() - start > patience) throw new Error(`${action} ${brief(request)}: ${problem}`);
      await delay(50);
    }
    const taken = Date.now() - start;
    if (step.within && taken > step.within * 1000) throw new Error(`${action} took ${taken} ms`);
  }

  /** Null, or what is wrong with the answer. */
  async #attempt(step, client, command) {
    let answer;
    try {
      answer = await client.send(command);
    } catch (error) {
      if (!error.$response) throw error;
      return this.#refused(step, error);
    }
    if (step.error) return `expected ${step.error}, but it answered ${brief(answer)}`;
    const problem = this.#match(step.out ?? {}, answer, 'answer');
    if (!problem)
      for (const [variable, path] of Object.entries(step.save ?? {})) this.#values[variable] = at(answer, path);
    return problem;
  }

  #refused(step, error) {
    const code = error.Code ?? error.name, status = error.$metadata.httpStatusCode;
    if (!step.error) return `refused with ${status} ${code}: ${error.message}`;
    const expected = this.#value(step.error);
    const row = this.#errors[expected] ?? { status: 400 };
    if (code !== expected || status !== (step.status ?? row.status))
      return `expected ${step.status ?? row.status} ${expected}, got ${status} ${code}: ${error.message}`;
    const type = error.$response.wireType;
    if (row.type && type && type !== row.type) return `expected the type ${row.type}, got ${type}`;
    const text = (step.message?.[protocol] ?? step.message ?? '')
      .replace(/\$\{([\w.]+)\}/g, (_, path) => String(at(this.#values, path)).replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(text).test(error.message) ? null : `expected a message like /${text}/, got: ${error.message}`;
  }

  /** The template with its variables and functions replaced. */
  #value(template) {
    if (typeof template === 'string') {
      if (/^\$[\w.]+$/.test(template)) return at(this.#values, template.slice(1));
      return template.replace(/\$\{([\w.]+)\}/g, (_, path) => at(this.#values, path));
    }
    if (Array.isArray(template)) return template.map((item) => this.#value(item));
    if (template === null || typeof template !== 'object') return template;
    if ('$repeat' in template) return this.#value(template.$repeat[0]).repeat(template.$repeat[1]);
    if ('$numbered' in template)
      return range(template.$numbered[1], (n) => numbered(this.#value(template.$numbered[0]), n));
    if ('$named' in template)
      return Object.fromEntries(range(template.$named[1], (n) => [`a${n}`, this.#value(template.$named[0])]));
    if ('$bytes' in template) return Uint8Array.from(Buffer.from(template.$bytes, 'base64'));
    if ('$json' in template) return JSON.stringify(this.#value(template.$json));
    return Object.fromEntries(Object.entries(template).map(([key, value]) => [this.#value(key), this.#value(value)]));
  }

  /** Null, or what differs. Objects may have more members than expected, lists may not. */
  #match(expected, actual, path) {
    if (Array.isArray(expected)) {
      if (!Array.isArray(actual) || actual.length !== expected.length)
        return `${path} is ${brief(actual)}, expected ${expected.length} items: ${brief(expected)}`;
      return first(expected.map((item, i) => this.#match(item, actual[i], `${path}[${i}]`)));
    }
    if (expected !== null && typeof expected === 'object') return this.#matchObject(expected, actual, path);
    if (typeof expected === 'string' && /^\/.+\/$/.test(expected)) {
      const pattern = this.#value(expected.slice(1, -1));
      return new RegExp(pattern).test(actual) ? null : `${path} is ${brief(actual)}, not like /${pattern}/`;
    }
    return this.#same(this.#value(expected), actual, path);
  }

  #matchObject(expected, actual, path) {
    if ('$md5' in expected)
      return this.#same(createHash('md5').update(this.#value(expected.$md5)).digest('hex'), actual, path);
    if ('$length' in expected)
      return actual?.length === expected.$length ? null : `${path} has not ${expected.$length} items: ${brief(actual)}`;
    if ('$not' in expected)
      return isDeepStrictEqual(this.#value(expected.$not), actual) ? `${path} is ${brief(actual)}` : null;
    if ('$json' in expected) return this.#match(expected.$json, JSON.parse(actual), path);
    if ('$unordered' in expected) return this.#matchUnordered(expected.$unordered, actual, path);
    if ('$bytes' in expected) return this.#same(this.#value(expected), Uint8Array.from(actual ?? []), path);
    if ('$repeat' in expected) return this.#same(this.#value(expected), actual, path);
    return first(Object.entries(expected).map(([key, value]) => {
      const name = this.#value(key), there = actual?.[name] !== undefined;
      if (value === '$absent') return there ? `${path}.${name} is there: ${brief(actual[name])}` : null;
      if (!there) return `${path}.${name} is missing in ${brief(actual)}`;
      return this.#match(value, actual[name], `${path}.${name}`);
    }));
  }

  #matchUnordered(expected, actual, path) {
    const left = [...actual ?? []];
    for (const item of expected) {
      const found = left.findIndex((one) => !this.#match(item, one, path));
      if (found < 0) return `${path} has nothing like ${brief(item)}: ${brief(actual)}`;
      left.splice(found, 1);
    }
    return left.length > 0 ? `${path} has more: ${brief(left)}` : null;
  }

  #same(wanted, actual, path) {
    return isDeepStrictEqual(wanted, actual) ? null : `${path} is ${brief(actual)}, expected ${brief(wanted)}`;
  }
}

const first = (problems) => problems.find((problem) => problem) ?? null;
const range = (length, item) => Array.from({ length }, (_, n) => item(n));

function numbered(item, number) {
  if (typeof item === 'string') return item.replaceAll('#', number);
  if (item === null || typeof item !== 'object') return item;
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, numbered(value, number)]));
}

/** A member by its path, also in a text that holds JSON; a variable's own name may have dots. */
function at(value, path) {
  if (typeof value === 'string') value = JSON.parse(value);
  if (path in value) return value[path];
  const [head, ...rest] = path.split('.');
  if (value[head] === undefined) throw new Error(`nothing at ${path}`);
  return rest.length > 0 ? at(value[head], rest.join('.')) : value[head];
}

function brief(value) {
  const text = JSON.stringify(value) ?? String(value);
  return text.length < 600 ? text : `${text.slice(0, 600)}…`;
}
