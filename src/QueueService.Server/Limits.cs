namespace QueueService.Server;

/// <summary>Every fixed bound of the HTTP layer, with its reason. Past a bound the caller gets 400, 413 or 503 and an
/// explanation.</summary>
internal static class Limits
{
    /// <summary>One request, bodies and framing: 64 commits' worth is never needed at once, and 16 MiB is the largest
    /// message that a queue may allow.</summary>
    public const int RequestBytes = QueueService.Http.RequestBody.MaxBytes;

    /// <summary>One import: it is taken in while it arrives, so this bounds only how long one request may
    /// last.</summary>
    public const long ImportBytes = 1L << 30;

    /// <summary>A JSON batch is parsed from one buffer and answered from one.</summary>
    public const int BatchMessages = 1_000;

    /// <summary>NDJSON is parsed line by line, so only the batch itself is held.</summary>
    public const int LineBatchMessages = 10_000;

    /// <summary>Receipts settled by one request: as many as one receive can hand out.</summary>
    public const int SettleReceipts = 1_000;

    /// <summary>More than any use seen in CloudEvents or SQS (10), and a linear scan for duplicates stays cheap.
    /// </summary>
    public const int Attributes = 64;

    /// <summary>SQS's limit.</summary>
    public const int AttributeNameLength = 256;

    /// <summary>One value: a header of that size still passes usual clients and proxies on its way out.</summary>
    public const int AttributeValueBytes = 32_768;

    /// <summary>Content type, correlation, trace context and attributes of one message together: they travel in memory
    /// with every delivery, and have to fit into HTTP headers.</summary>
    public const int HeaderBytes = 65_536;

    /// <summary>Correlation ids and reply addresses: an id or a URL, not a document.</summary>
    public const int ShortTextBytes = 1_024;

    /// <summary>Requests that wait for their answers: a few hundred bytes each, and a connection.</summary>
    public const int PendingRequests = 10_000;

    /// <summary>A UUID has 36, and keys made of several of them still fit.</summary>
    public const int IdempotencyKeyLength = 255;

    /// <summary>RFC 6838 allows 127 for each part of a media type; parameters fit into the rest.</summary>
    public const int ContentTypeLength = 512;

    /// <summary>Digits of a number: more than any IEEE or decimal type prints.</summary>
    public const int NumberLength = 64;

    /// <summary>W3C trace context asks for at least 512 to be carried.</summary>
    public const int TraceStateLength = 1_024;

    /// <summary>Events of the system feed that are kept for readers who come back: some 200 KB.</summary>
    public const int SystemEvents = 1_000;

    /// <summary>Readers of the system feed: dashboards, not consumers. Each is a connection and about 10 KB.</summary>
    public const int SystemReaders = 1_000;

    /// <summary>Tags that one listing asks for: each is looked for in every queue.</summary>
    public const int TagFilters = 10;

    /// <summary>One bootstrap file is parsed from one buffer; a hundred thousand queues fit.</summary>
    public const int BootstrapFileBytes = 64 * 1_048_576;

    /// <summary>Items of one page of a listing.</summary>
    public const int PageItems = 1_000;

    public const int DefaultPageItems = 100;

    /// <summary>A page of browsed messages ends early here, so that it is buffered and its cursor is exact.</summary>
    public const int PageBytes = 4 * 1_048_576;

    /// <summary>Answers up to here are sent as one write with a length; longer ones in chunks of this size.</summary>
    public const int ResponseChunk = 65_536;

    /// <summary>Nesting of our own JSON: root, list, message, attributes, typed value, and some air.</summary>
    public const int JsonDepth = 16;

    /// <summary>Nesting of a structured CloudEvent, whose data is the sender's: the parser's own default.</summary>
    public const int EventDepth = 64;

    /// <summary>Request bodies held in memory at once: bounds memory whatever the number of connections.</summary>
    public const long BodiesInFlightBytes = 256L * 1_048_576;

    /// <summary>Open connections: about 10 KB each when idle, and below the usual limit of open files.</summary>
    public const int Connections = 20_000;

    /// <summary>Live receives and duplex streams at once: half of the connections, so that others get
    /// through.</summary>
    public const int LiveStreams = Connections / 2;

    /// <summary>Readers of topics at once: each is a connection, or a stream of one, and some 15 KB while nothing is
    /// published.</summary>
    public const int TopicReaders = Connections / 2;

    /// <summary>Events of a topic that its readers share: what they are behind each other at most before one reads by
    /// itself. A hundred of the largest chunks.</summary>
    public const int FeedBytes = 4 * 1_048_576;

    public const int FeedEvents = 16_384;

    /// <summary>Events older than this are not shared any more: a topic without news takes no memory.</summary>
    public static readonly TimeSpan FeedAge = TimeSpan.FromSeconds(5);

    /// <summary>Messages that a live receive has in flight at most: what one receive can hand out.</summary>
    public const int Prefetch = 1_000;

    /// <summary>What AMQP clients use, and enough to keep a consumer busy for a round trip.</summary>
    public const int DefaultPrefetch = 20;

    /// <summary>Messages that a consumer may have asked for and not got yet.</summary>
    public const int Credit = 10_000;

    /// <summary>A line of a consumer: a thousand receipt handles are 46 KiB.</summary>
    public const int ConsumerLineBytes = 262_144;

    /// <summary>Messages of a stream that go to the broker together: a batch is what arrived meanwhile.</summary>
    public const int StreamBatchMessages = 1_000;

    /// <summary>As many bytes as a few of the connection's buffers; one message may be larger.</summary>
    public const int StreamBatchBytes = 262_144;

    /// <summary>Batches of a stream that wait for their commit: one is being written, the next one gathers meanwhile.
    /// </summary>
    public const int StreamBatches = 2;

    /// <summary>Proxies give up after 60 s of silence, some after 30.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>From the end of an answer to the end of its connection, when the client goes on sending.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>In this time a reader has to take 64 KiB. A stalled one is gone before its messages' usual visibility
    /// timeout (30 s).</summary>
    public static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(20);

    /// <summary>Request headers in all: those of one message, and the usual ones.</summary>
    public const int RequestHeaderBytes = HeaderBytes + 16_384;

    public const int RequestHeaders = Attributes + 64;

    /// <summary>The wait of a live read of a durable stream: shorter than the idle timeouts of usual proxies.</summary>
    public static readonly TimeSpan DurableStreamPoll = TimeSpan.FromSeconds(15);

    /// <summary>How long a durable stream is followed by one request, as its protocol advises: caches can then answer
    /// many readers at once.</summary>
    public static readonly TimeSpan DurableStreamFollow = TimeSpan.FromSeconds(60);
}
