// sqs-producer and sqs-consumer, as programs use them, while the server is killed and started again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import { Producer } from 'sqs-producer';
import { Server } from '../server.mjs';
import { createClient } from './clients.mjs';

const jobs = 10_000;
const kills = [2_000, 5_000, 8_000];
const producers = 2, consumers = 4;

// Longer than a deletion is tried again: one that comes later has no effect, as at AWS.
const visibilityTimeout = 8;

let server, sqs, stopped = false;

before(async () => {
  server = await new Server().start();
  sqs = createClient(server.url, 'sqs', 'owner', 3);
});

after(async () => {
  stopped = true;
  sqs?.destroy();
  await server?.close();
});

/** Waits, unless something went wrong already. */
async function until(condition, problems) {
  while (!await condition()) {
    assert.deepEqual(problems, []);
    await delay(20);
  }
}

/** Every job at least once, however often the server dies meanwhile. */
async function produce(producer, from) {
  for (let first = from * 10; first < jobs && !stopped;) {
    const batch = Array.from({ length: 10 }, (_, i) => ({ id: `job-${first + i}`, body: `${first + i}` }));
    const sent = await producer.send(batch).catch(() => null);
    if (sent) first += producers * 10;
    else await delay(50);
  }
}

async function counts(queueUrl) {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: names }));
  return names.map((name) => Attributes[name]);
}

const patience = { timeout: 120_000 };

test('10,000 jobs over three kills of the server: none is lost, no deletion is undone', patience, async () => {
  const { QueueUrl: queueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'jobs' }));
  const done = new Set(), deleted = new Set(), problems = [];
  let connectionsLost = 0;

  const handleMessageBatch = async (messages) => {
    for (const { Body } of messages) done.add(Number(Body));
    return messages;
  };
  const started = Array.from({ length: consumers }, () => {
    const consumer = Consumer.create({
      queueUrl, sqs, handleMessageBatch, batchSize: 10, waitTimeSeconds: 5, visibilityTimeout,
      authenticationErrorTimeout: 50, pollingWaitTimeMs: 0,
    });
    consumer.on('message_received', ({ MessageId: id }) => {
      if (deleted.has(id)) problems.push(`${id} was received after its deletion`);
    });
    consumer.on('message_processed', ({ MessageId: id }) => {
      if (deleted.has(id)) problems.push(`${id} was deleted twice`);
      deleted.add(id);
    });
    consumer.on('error', () => connectionsLost++);
    consumer.start();
    return consumer;
  });

  try {
    const producing = Promise.all(
      Array.from({ length: producers }, (_, n) => produce(Producer.create({ queueUrl, sqs }), n)));
    for (const count of kills) {
      await until(() => done.size >= count, problems);
      await server.kill();
      await server.start();
    }
    await producing;
    await until(() => done.size === jobs, problems);
    await until(async () => (await counts(queueUrl)).every((count) => count === '0'), problems);
  } finally {
    started.forEach((consumer) => consumer.stop({ abort: true }));
  }

  assert.deepEqual(problems, []);
  assert.ok(connectionsLost > 0, 'no consumer noticed a kill');
  assert.deepEqual([...done].sort((a, b) => a - b), [...Array(jobs).keys()]);
});
