// The public conformance suite of the Durable Streams protocol against the server that with-server.mjs has started.
import { runConformanceTests } from '@durable-streams/server-conformance-tests';

runConformanceTests({ baseUrl: `${process.env.QUEUESERVICE_URL}/durable-streams` });
