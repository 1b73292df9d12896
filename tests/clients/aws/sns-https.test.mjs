// SNS delivers to HTTPS endpoints of subscribers, who check signatures with AWS's own validator.
// NODE_EXTRA_CA_CERTS names a certificate for 127.0.0.1, its key is key.pem beside it: of the server and of the endpoint.
import assert from 'node:assert/strict';
import { createVerify } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, get } from 'node:https';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import MessageValidator from 'sns-validator';
import { Server } from '../server.mjs';
import { createClient } from './clients.mjs';

const patience = { timeout: 60_000 };
const certificate = process.env.NODE_EXTRA_CA_CERTS;
const key = join(dirname(certificate), 'key.pem');
const validator = new MessageValidator(/^127\.0\.0\.1:\d+$/);

let server, topics, queues;

before(async () => {
  server = await new Server(
    ['--urls', 'http://127.0.0.1:0;https://127.0.0.1:0', '--Webhooks:AllowedNetworks:0=127.0.0.0/8',
      `--Kestrel:Certificates:Default:Path=${certificate}`, `--Kestrel:Certificates:Default:KeyPath=${key}`],
    { SSL_CERT_FILE: certificate }).start();
  topics = createClient(server.httpsUrl, 'sns');
  queues = createClient(server.httpsUrl, 'sqs');
});

after(async () => {
  topics?.destroy();
  queues?.destroy();
  await server?.close();
});

/** An endpoint that keeps what it is sent; `answer` says what it answers to the n-th request. */
class Endpoint {
  requests = [];
  #server;
  #answer;

  constructor(answer = () => 200) {
    this.#answer = answer;
  }

  async start() {
    const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
    this.#server = createServer(tls, async (request, response) => {
      const body = await text(request);
      this.requests.push({ method: request.method, headers: request.headers, body });
      response.writeHead(this.#answer(this.requests.length)).end();
    }).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `https://127.0.0.1:${this.#server.address().port}/sns`;
    return this;
  }

  async next(count) {
    while (this.requests.length < count) await delay(20);
    return this.requests[count - 1];
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const validate = (message) => new Promise((resolve, reject) =>
  validator.validate(message, (error, valid) => error ? reject(error) : resolve(valid)));

/** By AWS's documentation; the validator of npm leaves the token of this one message out, and refuses AWS's own, too. */
async function verifyFarewell(message) {
  const { body } = await fetchText(message.SigningCertURL);
  const verifier = createVerify(message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256');
  for (const name of ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'])
    verifier.update(`${name}\n${message[name]}\n`);
  assert.ok(verifier.verify(body, message.Signature, 'base64'));
}

async function fetchText(url) {
  const [response] = await once(get(url), 'response');
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) };
}

async function subscribe(topic, endpoint, attributes) {
  const before = endpoint.requests.length;
  const { SubscriptionArn: arn } = await topics.send(new sns.SubscribeCommand({
    TopicArn: topic, Protocol: 'https', Endpoint: endpoint.url, Attributes: attributes, ReturnSubscriptionArn: true }));
  const message = JSON.parse((await endpoint.next(before + 1)).body);
  return { arn, message };
}

const attributesOf = async (arn) =>
  (await topics.send(new sns.GetSubscriptionAttributesCommand({ SubscriptionArn: arn }))).Attributes;
const createTopic = async (Name, Attributes) => (await topics.send(new sns.CreateTopicCommand({ Name, Attributes }))).TopicArn;

for (const version of ['1', '2']) {
  test(`an endpoint confirms and gets messages whose signatures of version ${version} hold`, patience, async () => {
    const endpoint = await new Endpoint().start();
    try {
      const topic = await createTopic(`signed-${version}`, { SignatureVersion: version });
      const { SubscriptionArn: pending } = await topics.send(new sns.SubscribeCommand({
        TopicArn: topic, Protocol: 'https', Endpoint: endpoint.url }));
      assert.equal(pending, 'pending confirmation');
      const { headers, body } = await endpoint.next(1);
      assert.equal(headers['x-amz-sns-message-type'], 'SubscriptionConfirmation');
      assert.equal(headers['x-amz-sns-topic-arn'], topic);
      assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
      assert.match(headers['user-agent'], /Amazon Simple Notification Service Agent/);
      const confirmation = JSON.parse(body);
      assert.equal(headers['x-amz-sns-message-id'], confirmation.MessageId);
      assert.equal(confirmation.SignatureVersion, version);
      await validate(confirmation);
      const answer = await fetchText(confirmation.SubscribeURL);
      assert.equal(answer.status, 200);
      const [, arn] = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(answer.body);

      const { MessageId } = await topics.send(new sns.PublishCommand({
        TopicArn: topic, Message: 'Hello <é>\n🎉', Subject: 'Greetings',
        MessageAttributes: { kind: { DataType: 'String', StringValue: 'order' } } }));
      const notified = await endpoint.next(2);
      assert.equal(notified.headers['x-amz-sns-message-type'], 'Notification');
      assert.equal(notified.headers['x-amz-sns-message-id'], MessageId);
      assert.equal(notified.headers['x-amz-sns-subscription-arn'], arn);
      const notification = JSON.parse(notified.body);
      await validate(notification);
      assert.deepEqual(
        [notification.Message, notification.Subject, notification.SignatureVersion, notification.MessageAttributes],
        ['Hello <é>\n🎉', 'Greetings', version, { kind: { Type: 'String', Value: 'order' } }]);
      await assert.rejects(validate({ ...notification, Message: 'Hello <e>' }), /signature is invalid/);

      await fetchText(notification.UnsubscribeURL);
      const farewell = JSON.parse((await endpoint.next(3)).body);
      assert.equal(farewell.Type, 'UnsubscribeConfirmation');
      await verifyFarewell(farewell);
      await assert.rejects(attributesOf(arn), { Code: 'NotFound' });
    } finally {
      endpoint.close();
    }
  });
}

test('nothing is sent before the confirmation, which the token also makes', patience, async () => {
  const endpoint = await new Endpoint().start();
  try {
    const topic = await createTopic('waiting');
    const { arn, message } = await subscribe(topic, endpoint);
    assert.equal((await attributesOf(arn)).PendingConfirmation, 'true');
    await topics.send(new sns.PublishCommand({ TopicArn: topic, Message: 'too early' }));
    await assert.rejects(
      topics.send(new sns.ConfirmSubscriptionCommand({ TopicArn: topic, Token: 'wrong' })), { Code: 'InvalidParameter' });
    const confirmed = await topics.send(new sns.ConfirmSubscriptionCommand({ TopicArn: topic, Token: message.Token }));
    assert.equal(confirmed.SubscriptionArn, arn);
    assert.equal((await attributesOf(arn)).PendingConfirmation, 'false');
    await topics.send(new sns.PublishCommand({ TopicArn: topic, Message: 'in time' }));
    assert.equal(JSON.parse((await endpoint.next(2)).body).Message, 'in time');
  } finally {
    endpoint.close();
  }
});

test('raw delivery is the message alone', patience, async () => {
  const endpoint = await new Endpoint().start();
  try {
    const topic = await createTopic('raw');
    const { message } = await subscribe(topic, endpoint, { RawMessageDelivery: 'true' });
    await topics.send(new sns.ConfirmSubscriptionCommand({ TopicArn: topic, Token: message.Token }));
    await topics.send(new sns.PublishCommand({ TopicArn: topic, Message: '{"plain":"é"}' }));
    const { headers, body } = await endpoint.next(2);
    assert.equal(headers['x-amz-sns-rawdelivery'], 'true');
    assert.equal(body, '{"plain":"é"}');
  } finally {
    endpoint.close();
  }
});

test('a delivery that fails is tried again by the policy, and then is a dead letter', patience, async () => {
  const endpoint = await new Endpoint((count) => count === 1 ? 200 : 503).start();
  try {
    const topic = await createTopic('failing');
    const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: 'failed' }));
    const policy = { healthyRetryPolicy: { minDelayTarget: 1, maxDelayTarget: 1, numRetries: 2, numNoDelayRetries: 1 } };
    const { message } = await subscribe(topic, endpoint, {
      DeliveryPolicy: JSON.stringify(policy),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:failed' }) });
    await topics.send(new sns.ConfirmSubscriptionCommand({ TopicArn: topic, Token: message.Token }));
    await topics.send(new sns.PublishCommand({ TopicArn: topic, Message: 'three times' }));
    const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    assert.equal(JSON.parse(Messages[0].Body).Message, 'three times');
    assert.equal(endpoint.requests.length, 4, 'once for the confirmation, once and two more times for the message');
  } finally {
    endpoint.close();
  }
});

test('an endpoint that refuses is not asked again', patience, async () => {
  const endpoint = await new Endpoint((count) => count === 1 ? 200 : 403).start();
  try {
    const topic = await createTopic('refusing');
    const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: 'refused' }));
    const { message } = await subscribe(topic, endpoint, {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:refused' }) });
    await topics.send(new sns.ConfirmSubscriptionCommand({ TopicArn: topic, Token: message.Token }));
    await topics.send(new sns.PublishCommand({ TopicArn: topic, Message: 'once' }));
    const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    assert.equal(JSON.parse(Messages[0].Body).Message, 'once');
    assert.equal(endpoint.requests.length, 2);
  } finally {
    endpoint.close();
  }
});
