// Live receive with the WHATWG EventSource, and duplex streams with node's own HTTP/1.1 and HTTP/2.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { EventSource } from 'eventsource';

const baseUrl = process.env['QUEUESERVICE_URL'];
const http2Url = process.env['QUEUESERVICE_HTTP2_URL'];
assert.ok(baseUrl && http2Url, 'with-server.mjs names the server');

const queue = `${baseUrl}/v1/queues/live`;
const path = '/v1/queues/live';

interface Message { id: string; body: string; receiptHandle: string; receiveCount: number }
interface Line extends Message { status?: number; sequenceNumber?: number; acknowledged?: { status: number }[] }

async function send(body: string): Promise<void> {
  const answer = await fetch(`${queue}/messages`, { method: 'POST', body });
  assert.equal(answer.status, 201);
}

async function acknowledge(message: Message): Promise<void> {
  const answer = await fetch(`${queue}/receipts/${message.receiptHandle}`, { method: 'DELETE' });
  assert.equal(answer.status, 204);
}

function next(source: EventSource): Promise<MessageEvent> {
  return new Promise((resolve) => source.addEventListener('message', resolve, { once: true }));
}

async function purge(): Promise<void> {
  await fetch(`${queue}/purge`, { method: 'POST' });
}

before(async () => {
  const answer = await fetch(queue, { method: 'PUT' });
  assert.equal(answer.status, 201);
});

after(() => fetch(queue, { method: 'DELETE' }));

test('an EventSource gets messages, waits while its prefetch is used up, and goes on', async () => {
  const source = new EventSource(`${queue}/sse?prefetch=1&visibilityTimeout=1h`);
  try {
    let event = next(source);
    await send('one');
    const first = await event;
    const message = JSON.parse(first.data) as Message;
    assert.deepEqual([message.body, message.receiveCount, first.lastEventId], ['one', 1, message.id]);

    event = next(source);
    await send('two');
    await acknowledge(message);
    const second = JSON.parse((await event).data) as Message;
    assert.equal(second.body, 'two');
    await acknowledge(second);
  } finally {
    source.close();
  }
});

test('what a closed EventSource did not acknowledge comes again', async () => {
  await send('again');
  const first = new EventSource(`${queue}/sse?visibilityTimeout=12h`);
  const held = JSON.parse((await next(first)).data) as Message;
  first.close();
  const second = new EventSource(`${queue}/sse`);
  const message = JSON.parse((await next(second)).data) as Message;
  assert.deepEqual([message.id, message.receiveCount], [held.id, held.receiveCount + 1]);
  await acknowledge(message);
  second.close();
});

async function http1(operation: string): Promise<[Writable, Readable]> {
  const request = http.request(`${baseUrl}${path}/${operation}`, {
    method: 'POST', headers: { 'content-type': 'application/x-ndjson' },
  });
  request.flushHeaders();
  const [response] = await once(request, 'response') as [http.IncomingMessage];
  assert.equal(response.statusCode, 200);
  return [request, response];
}

const session = http2.connect(http2Url);
after(() => session.close());

async function h2c(operation: string): Promise<[Writable, Readable]> {
  const stream = session.request({
    ':method': 'POST', ':path': `${path}/${operation}`, 'content-type': 'application/x-ndjson',
  });
  const [headers] = await once(stream, 'response') as [http2.IncomingHttpHeaders & { ':status'?: number }];
  assert.equal(headers[':status'], 200);
  return [stream, stream];
}

for (const [name, open] of [['HTTP/1.1', http1], ['h2c', h2c]] as const) {
  test(`thousands of messages go in and out over two requests, ${name}`, async () => {
    const count = 2_000;
    await purge();
    const [producer, results] = await open('messages/stream');
    for (let i = 0; i < count; i += 1) producer.write(`${JSON.stringify({ body: `${i}` })}\n`);
    producer.end();
    let stored = 0;
    let before = -1;
    for await (const text of createInterface(results)) {
      const line = JSON.parse(text) as Line;
      assert.equal(line.status, 201);
      assert.ok(line.sequenceNumber! > before);
      before = line.sequenceNumber!;
      stored += 1;
    }
    assert.equal(stored, count);

    const [consumer, lines] = await open('consume');
    consumer.write('{"credit":50}\n');
    const seen = new Set<string>();
    let acknowledged = 0;
    for await (const text of createInterface(lines)) {
      const line = JSON.parse(text) as Line;
      if (line.acknowledged) {
        assert.ok(line.acknowledged.every((result) => result.status === 204));
        acknowledged += line.acknowledged.length;
        if (acknowledged === count) consumer.end();
      } else if (line.receiptHandle) {
        seen.add(line.body);
        consumer.write(`${JSON.stringify({ acknowledge: [line.receiptHandle], credit: 1 })}\n`);
      }
    }
    assert.deepEqual([seen.size, acknowledged], [count, count]);
  });
}

test('an EventSource of a topic gets what is published, and goes on after its last id', async () => {
  const topic = `${baseUrl}/v1/topics/live`;
  assert.equal((await fetch(topic, { method: 'PUT' })).status, 201);
  const publish = async (body: string): Promise<void> => {
    assert.equal((await fetch(`${topic}/messages`, { method: 'POST', body })).status, 201);
  };
  await publish('one');
  const first = new EventSource(`${topic}/sse?from=earliest`);
  const event = await next(first);
  first.close();
  assert.equal((JSON.parse(event.data) as Message).body, 'one');
  await publish('two');
  const second = new EventSource(`${topic}/sse?lastEventId=${event.lastEventId}`);
  assert.equal((JSON.parse((await next(second)).data) as Message).body, 'two');
  second.close();
  await fetch(topic, { method: 'DELETE' });
});
