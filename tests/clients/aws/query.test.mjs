// The query protocol as it is written by hand, and what no SDK sends: GET, JSON answers, unknown actions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Server } from '../server.mjs';
import { createClient } from './clients.mjs';
import { errors } from './files.mjs';

let server, queue;

before(async () => {
  server = await new Server().start();
  const answer = await call('GET', '/?Action=CreateQueue&QueueName=by-hand&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=60');
  queue = /<QueueUrl>(.*)<\/QueueUrl>/.exec(answer.text)[1].slice(server.url.length);
});

after(() => server?.close());

async function call(method, path, body, headers = {}) {
  const answer = await fetch(server.url + path, { method, body, headers });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const form = (parameters) => new URLSearchParams(parameters);
const json = (action, body, headers = {}) => call('POST', '/', body, {
  'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': `AmazonSQS.${action}`, ...headers });

function assertRefused({ status, text }, expected, code) {
  assert.equal(status, expected, text);
  assert.match(text, new RegExp(`<Code>${code}</Code>`));
}

test('a queue is used by GET on its URL', async () => {
  const sent = await call('GET', `${queue}?Action=SendMessage&MessageBody=a%20b%26%3Cc&Version=2012-11-05`);
  assert.equal(sent.status, 200);
  assert.match(sent.headers.get('content-type'), /^text\/xml/);
  assert.match(sent.text, /<SendMessageResponse xmlns="http:\/\/queue.amazonaws.com\/doc\/2012-11-05\/">/);
  assert.match(sent.text, /<ResponseMetadata><RequestId>.+<\/RequestId><\/ResponseMetadata>/);
  const received = await call('GET', `${queue}?Action=ReceiveMessage`);
  assert.match(received.text, /<Body>a b&amp;&lt;c<\/Body>/);
});

test('attributes are read by GET on the URL of a queue', async () => {
  const { status, text } = await call('GET', `${queue}?Action=GetQueueAttributes&AttributeName.1=All`);
  assert.equal(status, 200);
  assert.match(text, /<Attribute><Name>VisibilityTimeout<\/Name><Value>60<\/Value><\/Attribute>/);
});

test('the queue URL of the parameters outranks that of the path', async () => {
  const none = `${server.url}/000000000000/none`;
  assertRefused(await call('POST', queue, form({ Action: 'SendMessage', MessageBody: 'x', QueueUrl: none })),
    400, 'AWS.SimpleQueueService.NonExistentQueue');
});

test('a request without an action is an unknown operation', async () => {
  for (const headers of [{}, { Accept: 'application/json' }]) {
    const { status, text } = await call('GET', queue, undefined, headers);
    assert.deepEqual([status, text.trim()], [404, '<UnknownOperationException/>']);
  }
});

test('an unknown action is invalid', async () => {
  assertRefused(await call('POST', '/', form({ Action: 'Explode', Version: '2012-11-05' })), 400, 'InvalidAction');
  assertRefused(await call('POST', '/', form({ Action: 'Explode', Version: '2010-03-31' })), 400, 'InvalidAction');
});

test('what is done on no queue is invalid on the URL of one', async () => {
  for (const action of ['CreateQueue', 'ListQueues'])
    assertRefused(await call('GET', `${queue}?Action=${action}&QueueName=x`), 400, 'InvalidAction');
});

test('what is missing or unknown is named', async () => {
  assertRefused(await call('GET', `${queue}?Action=SendMessage`), 400, 'MissingParameter');
  assertRefused(await call('GET', `${queue}?Action=GetQueueAttributes&AttributeName.1=Nonsense`), 400, 'InvalidAttributeName');
});

test('an error has a type, a detail and a request id', async () => {
  const { text } = await call('GET', `${queue}?Action=SendMessage`);
  assert.match(text, /<ErrorResponse.*<Error><Type>Sender<\/Type><Code>MissingParameter<\/Code><Message>.*<\/Message><Detail ?\/><\/Error><RequestId>.+<\/RequestId><\/ErrorResponse>/s);
});

test('a query call that accepts JSON is answered in JSON', async () => {
  const accept = { Accept: 'application/json' };
  const good = JSON.parse((await call('GET', `${queue}?Action=GetQueueAttributes&AttributeName.1=VisibilityTimeout`, undefined, accept)).text);
  assert.ok(good.GetQueueAttributesResponse);
  const bad = await call('GET', `${queue}?Action=SendMessage`, undefined, accept);
  assert.equal(bad.status, 400);
  assert.equal(JSON.parse(bad.text).Error.Code, 'MissingParameter');
});

test('JSON is answered in JSON, also on the URL of a queue', async () => {
  const answer = await call('POST', queue, JSON.stringify({ QueueUrl: server.url + queue, MessageBody: 'x' }), {
    'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'AmazonSQS.SendMessage' });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get('content-type'), 'application/x-amz-json-1.0');
  assert.ok(answer.headers.get('x-amzn-requestid'));
  assert.ok(JSON.parse(answer.text).MessageId);
});

test('a JSON error has its type in the body and its older code in a header', async () => {
  const { status, headers, text } = await json('SendMessage', JSON.stringify({ QueueUrl: `${server.url}/000000000000/none`, MessageBody: 'x' }));
  const code = 'AWS.SimpleQueueService.NonExistentQueue';
  assert.deepEqual([status, headers.get('x-amzn-query-error'), JSON.parse(text).__type], [400, `${code};Sender`, errors[code].type]);
});

test('JSON that is none, and an action that is none, are refused', async () => {
  assert.equal((await json('SendMessage', '{no json')).status, 400);
  const unknown = await json('Explode', '{}');
  assert.ok(unknown.status === 400 || unknown.status === 404, `${unknown.status}`);
  assert.match(JSON.parse(unknown.text).__type, /UnknownOperationException|InvalidAction/);
});

test('what an SDK sends is seen by curl over /v1, and the other way round', async () => {
  await json('CreateQueue', JSON.stringify({ QueueName: 'both' }));
  await json('SendMessage', JSON.stringify({ QueueUrl: `${server.url}/000000000000/both`, MessageBody: 'from the SDK' }));
  assert.match((await call('POST', '/v1/queues/both/receive?ack=auto')).text, /from the SDK/);
  await call('POST', '/v1/queues/both/messages', 'from curl', { 'Message-Attribute-kind': 'order' });
  const { text } = await json('ReceiveMessage', JSON.stringify({
    QueueUrl: `${server.url}/000000000000/both`, MessageAttributeNames: ['All'] }));
  const [message] = JSON.parse(text).Messages;
  assert.deepEqual([message.Body, message.MessageAttributes], ['from curl', { kind: { DataType: 'String', StringValue: 'order' } }]);
});

test('a FIFO queue of /v1 is called .fifo by AWS', async () => {
  await call('PUT', '/v1/queues/ordered', '{"type":"fifo"}', { 'Content-Type': 'application/json' });
  const { text } = await json('GetQueueUrl', JSON.stringify({ QueueName: 'ordered.fifo' }));
  const { QueueUrl } = JSON.parse(text);
  assert.match(QueueUrl, /\/000000000000\/ordered\.fifo$/);
  const sent = await json('SendMessage', JSON.stringify({
    QueueUrl, MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd' }));
  assert.ok(sent.status < 300, sent.text.slice(0, 500));
  assert.match((await call('POST', '/v1/queues/ordered/receive?ack=auto')).text, /"x"/);
});

test('the SDK finds the server by the URL of a queue alone', async () => {
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  const client = new SQSClient({ region: 'us-east-1', credentials, maxAttempts: 1 });
  try {
    const { MessageId } = await client.send(new SendMessageCommand({ QueueUrl: server.url + queue, MessageBody: 'x' }));
    assert.ok(MessageId);
  } finally {
    client.destroy();
  }
});

test('120,000 messages in flight are the limit of a standard queue, and a FIFO queue then hands out none', async () => {
  const client = createClient(server.url);
  try {
    for (const [name, type, aws] of [['busy', 'standard', 'busy'], ['busy-ordered', 'fifo', 'busy-ordered.fifo']]) {
      await call('PUT', `/v1/queues/${name}`, JSON.stringify({ type }), { 'Content-Type': 'application/json' });
      const QueueUrl = `${server.url}/000000000000/${aws}`;
      for (let batch = 0; batch < 12; batch++) {
        const lines = Array.from({ length: 10_000 }, (_, i) => type === 'fifo'
          ? `{"body":"x","groupId":"${batch}-${i % 10}","deduplicationId":"${batch}-${i}"}` : '{"body":"x"}');
        const sent = await call('POST', `/v1/queues/${name}/messages/batch`, lines.join('\n'), { 'Content-Type': 'application/x-ndjson' });
        assert.ok(sent.status < 300, sent.text.slice(0, 500));
      }
      for (let batch = 0; batch < 120; batch++)
        await call('POST', `/v1/queues/${name}/receive?max=1000&visibilityTimeout=10m`);
      await call('POST', `/v1/queues/${name}/messages`, 'one more', { 'Message-Group-Id': 'more', ...(type === 'fifo' ? { 'Message-Deduplication-Id': 'more' } : {}) });
      const { Attributes } = await client.send(new GetQueueAttributesCommand({
        QueueUrl, AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] }));
      assert.deepEqual(Attributes, { ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesNotVisible: '120000' });
      const receiving = client.send(new ReceiveMessageCommand({ QueueUrl }));
      if (type === 'fifo') assert.equal((await receiving).Messages, undefined);
      else await assert.rejects(receiving, (error) => error.Code === 'OverLimit' && error.$metadata.httpStatusCode === 403);
    }
  } finally {
    client.destroy();
  }
});
