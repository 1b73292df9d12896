// Clients of the AWS SDK as unchanged programs make them: an endpoint, a region, a key.
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { identities } from './files.mjs';

const types = { sqs: SQSClient, sns: SNSClient };

/** `maxAttempts` 1 shows what the server answered, 3 is what programs have. */
export function createClient(endpoint, service = 'sqs', identity = 'owner', maxAttempts = 1) {
  const { id, secret, token, region, signature, clockOffset = 0 } = identities[identity];
  const client = new types[service]({
    endpoint, region, maxAttempts, systemClockOffset: clockOffset,
    credentials: { accessKeyId: id ?? 'none', secretAccessKey: secret ?? 'none', sessionToken: token },
    ...(id ? {} : { signer: { sign: (request) => Promise.resolve(request) } }),
    ...(signature === 'v2' ? { signer: { sign: (request) => Promise.resolve(signAsBefore(request, id, secret)) } } : {}),
  });
  if (service === 'sqs')
    client.middlewareStack.add(keepWireType, { step: 'deserialize', priority: 'low', name: 'wireType' });
  return client;
}

/** What the SDK does not do any more, and other clients still do. */
function signAsBefore(request, id, secret) {
  const signature = createHmac('sha256', secret).update(`${request.method}\n${request.path}`).digest('base64');
  request.headers.authorization = `AWS ${id}:${signature}`;
  return request;
}

/** The SDK takes an error's name from where it likes: this keeps the type that was on the wire. */
const keepWireType = (next) => async (request) => {
  const answer = await next(request);
  if (answer.response.statusCode >= 400) {
    const body = await text(answer.response.body);
    answer.response.body = Buffer.from(body);
    answer.response.wireType = JSON.parse(body).__type;
  }
  return answer;
};
