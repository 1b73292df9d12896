// The main job through a client that is generated from api-spec/openapi.json: what does not fit the types that the
// document promises does not compile, and what does not fit the answers fails here.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import createClient from 'openapi-fetch';
import type { paths } from '../.generated/schema.d.ts';

const baseUrl = process.env['QUEUESERVICE_URL'];
assert.ok(baseUrl, 'QUEUESERVICE_URL names the server (see with-server.mjs)');

const client = createClient<paths>({ baseUrl });
const queue = 'typescript';
const path = { queue };

// The message is the body: the client must not make JSON of it.
const asIs = { bodySerializer: (body: unknown) => body as string };

async function sendText(body: string): Promise<string> {
  const { data, response } = await client.POST('/v1/queues/{queue}/messages', {
    params: { path }, body, headers: { 'Content-Type': 'text/plain' }, ...asIs,
  });
  assert.equal(response.status, 201);
  assert.ok(data);
  return data.id;
}

async function receive(max: number, wait = '5s') {
  const { data } = await client.POST('/v1/queues/{queue}/receive', {
    params: { path, query: { max, wait, visibilityTimeout: '30s' } },
  });
  assert.ok(data);
  return data.messages;
}

async function receiveOne() {
  const [message] = await receive(1);
  assert.ok(message);
  return { ...message, receiptHandle: receipt(message) };
}

// Only what was acknowledged on receipt has no handle.
function receipt(message: { receiptHandle?: string }): string {
  assert.ok(message.receiptHandle);
  return message.receiptHandle;
}

before(async () => {
  const { data, response } = await client.PUT('/v1/queues/{queue}', {
    params: { path }, body: { visibilityTimeoutSeconds: 60 },
  });
  assert.equal(response.status, 201);
  assert.equal(data?.visibilityTimeoutSeconds, 60);
});

after(async () => {
  const { response } = await client.DELETE('/v1/queues/{queue}', { params: { path } });
  assert.equal(response.status, 204);
});

test('a raw body is sent, received and acknowledged', async () => {
  const id = await sendText('hello');
  const message = await receiveOne();
  assert.equal(message.id, id);
  assert.equal(message.body, 'hello');
  assert.equal(message.contentType, 'text/plain');
  assert.equal(message.receiveCount, 1);

  const { response } = await client.DELETE('/v1/queues/{queue}/receipts/{receiptHandle}', {
    params: { path: { queue, receiptHandle: message.receiptHandle } },
  });
  assert.equal(response.status, 204);
  assert.deepEqual(await receive(1, '0s'), []);
});

test('a JSON batch is sent, received with a wait and acknowledged together', async () => {
  const bodies = ['one', 'two', 'three'];
  const sent = await client.POST('/v1/queues/{queue}/messages/batch', {
    params: { path }, body: { messages: bodies.map((body, index) => ({ body, attributes: { index } })) },
  });
  assert.equal(sent.response.status, 201);
  assert.equal(sent.data?.results.length, 3);

  const messages = await receive(10);
  assert.deepEqual(messages.map((message) => message.body), bodies);
  assert.deepEqual(messages.map((message) => message.attributes?.['index']), [0, 1, 2]);

  const { data } = await client.POST('/v1/queues/{queue}/acknowledge', {
    params: { path }, body: { receiptHandles: messages.map(receipt) },
  });
  assert.deepEqual(data?.results.map((result) => result.status), [204, 204, 204]);
});

test('a lease is extended, released and given again', async () => {
  await sendText('again');
  const first = await receiveOne();
  const lease = { path: { queue, receiptHandle: first.receiptHandle } };
  const extended = await client.PATCH('/v1/queues/{queue}/receipts/{receiptHandle}', {
    params: lease, body: { visibilityTimeoutSeconds: 600 },
  });
  assert.ok(extended.data);
  assert.ok(Date.parse(extended.data.visibleAt) > Date.parse(first.visibleAt ?? first.sentAt));

  const released = await client.POST('/v1/queues/{queue}/receipts/{receiptHandle}/release', { params: lease });
  assert.equal(released.response.status, 204);
  const second = await receiveOne();
  assert.equal(second.id, first.id);
  assert.equal(second.receiveCount, 2);

  const late = await client.DELETE('/v1/queues/{queue}/receipts/{receiptHandle}', { params: lease });
  assert.equal(late.response.status, 410);
  assert.equal(late.error?.code, 'receipt-expired');
  const known = { path: { queue, receiptHandle: second.receiptHandle } };
  const acknowledged = await client.DELETE('/v1/queues/{queue}/receipts/{receiptHandle}', { params: known });
  assert.equal(acknowledged.response.status, 204);
});

test('a queue that is not there is a typed problem document', async () => {
  const { data, error, response } = await client.GET('/v1/queues/{queue}', { params: { path: { queue: 'nobody' } } });
  assert.equal(data, undefined);
  assert.equal(response.status, 404);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  assert.ok(error);
  assert.equal(error.code, 'queue-not-found');
  assert.equal(error.status, 404);
  assert.match(error.type, /\/problems\/queue-not-found$/);
  assert.ok(error.traceId);
});

test('the backlog is browsed and purged, and the statistics know', async () => {
  await sendText('browsed');
  const { data } = await client.GET('/v1/queues/{queue}/messages', { params: { path, query: { limit: 10 } } });
  assert.deepEqual(data?.items.map((item) => [item.body, item.state]), [['browsed', 'available']]);

  const before = await client.GET('/v1/queues/{queue}', { params: { path } });
  assert.equal(before.data?.stats.available, 1);
  const purged = await client.POST('/v1/queues/{queue}/purge', { params: { path } });
  assert.ok(purged.response.ok);
  const later = await client.GET('/v1/queues/{queue}', { params: { path } });
  assert.equal(later.data?.stats.available, 0);
});
