// Every case of cases/ by the AWS SDK for JavaScript: SQS over JSON 1.0, SNS over query.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { Server } from '../server.mjs';
import { Case } from './cases.mjs';
import { createClient } from './clients.mjs';
import { cases, errors, never, servers, wrapperOf } from './files.mjs';

const patience = { timeout: 60_000, concurrency: 8 };
const mine = cases.filter((one) => (one.only ?? 'json') === 'json');

for (const name of Object.keys(servers)) {
  describe(`On a server that is ${name}`, patience, () => {
    const clients = new Map();
    let server;
    before(async () => {
      server = await new Server(servers[name].settings, {}, wrapperOf(servers[name])).start();
    });
    after(async () => {
      clients.forEach((client) => client.destroy());
      await server.close();
    });
    const client = (identity, service) => {
      const key = `${identity} ${service}`;
      if (!clients.has(key)) clients.set(key, createClient(server.url, service, identity));
      return clients.get(key);
    };
    mine.filter((one) => one.server === name).forEach((one, number) =>
      test(one.name, () => new Case(one, `${name}${number}`, client, errors).run()));
  });
}

test('every action of SQS and SNS has a case', () => {
  const used = new Set(mine.flatMap(actions));
  const all = [...commands(sqs), ...commands(sns).map((name) => `sns.${name}`)];
  assert.deepEqual(all.filter((name) => !used.has(name)), []);
});

test('every error of the table has a case', () => {
  const used = new Set(mine.flatMap((one) => one.steps.map((step) => step.error)));
  assert.deepEqual(Object.keys(errors).filter((code) => !used.has(code)), []);
});

test('every error of the models is in the table, or never occurs', () => {
  const types = new Set(Object.values(errors).map(({ type }) => type));
  const named = new Set(Object.values(errors).map(({ exception }) => exception));
  const rare = { sqs: never.filter(({ service }) => service === 'sqs').flatMap((row) => row.errors),
    sns: never.filter(({ service }) => service === 'sns').flatMap((row) => row.errors) };
  assert.deepEqual(exceptions(sqs, sqs.SQSServiceException)
    .filter((name) => types.has(`com.amazonaws.sqs#${name}`) === rare.sqs.includes(name)), []);
  assert.deepEqual(exceptions(sns, sns.SNSServiceException)
    .filter((name) => (named.has(name) || name.replace(/Exception$/, '') in errors) === rare.sns.includes(name)), []);
});

test('the README says of the same errors that they never occur, and why', () => {
  const text = readFileSync(new URL('../../../src/QueueService.Aws/README.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (SQS|SNS) \| (.*) \| (.*) \|$/gm)].map(([, service, names, why]) =>
    ({ service: service.toLowerCase(), errors: names.replaceAll('`', '').split(', '), why }));
  assert.deepEqual(rows, never);
});

const exceptions = (module, root) => Object.keys(module)
  .filter((name) => typeof module[name] === 'function' && module[name].prototype instanceof root);
const commands = (module) => Object.keys(module).filter((name) => /^[A-Z]\w+Command$/.test(name))
  .map((name) => name.slice(0, -'Command'.length));

/** The actions of a case; `$it` in one stands for each of what the case is for. */
function actions(one) {
  const names = one.steps.map((step) => Object.keys(step)[0].split(' ')[0]);
  return [...(one.queues ? ['CreateQueue'] : []), ...names.flatMap((name) =>
    name.includes('${it}') ? one.for.map((it) => name.replace('${it}', it)) : [name])];
}
