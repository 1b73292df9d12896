namespace QueueService.Benchmarks;

/// <summary>What the program can do.</summary>
internal static class Usage
{
    private const string Text = """
        dotnet run -c Release --project tests/QueueService.Benchmarks -- <command> [options] [-- server options]

        Each command starts the server on an empty directory, alternates it with the floor (an empty Kestrel endpoint
        with the same routes, bodies and answers) and prints the medians. Build the server first:
        dotnet build -c Release src/QueueService.Server

        send-1           one message per request
        send-batch-100   100 messages per request, as JSON or with --ndjson
        e2e-1            send, receive, acknowledge: three requests per message; latency is that of all three
        e2e-carried      send, receive with the acknowledgement of the message before: two requests per message
        e2e-batch-100    the three requests of e2e-1 for 100 messages at once
        fifo-e2e-batch-100   the same over a FIFO queue with 10,000 groups
        latency          sends at a fixed rate: --rate 200 per second, on 4 connections
        duplex-send      single messages over one messages/stream for each connection, --window 256 on their way
        duplex-e2e       a messages/stream and a consume for each connection, --window 256 messages in the system
        all              all but FIFO and duplex with the settings of the targets, as one table
        backlog          fills a queue with --messages 10000000; memory, disk, restart after kill -9, cost beside an
                         empty server; --settle 35: seconds without a change on disk that count as checkpointed
        redrive          moves --messages 1000000 back from a dead-letter queue while messages are sent to the target at
                         --rate 200 per second on 4 connections
        delayed          --messages 1000000 that become due at --rate 1000 per second: memory before and after kill -9, and
                         how late they come to four consumers
        append           1,000 records per request to streams with 8 and 1,000 partitions, and pages of 10,000 read back
        tail             1,000 records per request to 8 partitions at --rate 200 requests per second, on 4 connections, and how
                         long after its acknowledgement a record reaches a reader (SSE, one key of the stream)
        history          fills a stream of 1,000 partitions, then one of a single partition, with --messages 10000000 each:
                         how long a start takes, and finding a place by offset and time. Takes their size of disk
        aws              single sends, batches of 10, and send, receive, delete over the SQS protocol (JSON), beside /v1
        aws-e2e          send, receive, delete over the SQS protocol, also of another server: --external URL --pid N
        aws-wait         --connections 1000 receivers that wait 20 s: memory of each, and how soon a send wakes one
        publish          one message per request to topics with 1, 100 and 1,000 pull subscriptions
        relay            copies --messages 200000 of a topic to 10 queues, from the first publish to the last copy
        webhooks         delivers --messages 5000 of a topic to 10 endpoints in this process, signed; then how late
                         deliveries to 100 endpoints come, with and without one that hangs
        topic-sse        --connections 10000 readers of one topic: memory and CPU of each while idle for --seconds,
                         --warmup after the last one came, and how long a publish takes to reach all of them
        micro            the broker without HTTP: durable sends of 1, 64 and 1,024 producers in this process, and what
                         one operation of the shard costs, with allocated bytes; and a receive from
                         a FIFO queue with 100,000 groups of which nine of ten are blocked; and matching a message
                         against 10,000 subscription filters
        compaction       compacts --messages 10000000 of a partition, ten to a key, in this process: records per second, and
                         what a durable send pays alone (--seconds) and beside it. Takes about 3 GB of disk
        floor            runs the floor alone at --urls http://127.0.0.1:8081

        --connections 16[,64]   --body 100 (bytes)   --seconds 5   --warmup 2   --rounds 3
        --threads 1             of the generator
        --server PATH           QueueService.Server.dll (default: the repository's Release build)
        --data PATH             parent of the servers' data directories (default: artifacts/benchmarks)
        --external URL --pid N  measures a server that is already running
        --floor-only            measures the floor alone: a check of the generator

        Exit code 1: a reply was not a success, or not as it should be. 2: the run could not be made.
        """;

    public static int Print()
    {
        Console.WriteLine(Text);
        return 0;
    }
}
