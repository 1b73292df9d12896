namespace QueueService.Server.Webhooks;

/// <summary>Bounds of webhook delivery, each with its reason.</summary>
internal static class WebhookLimits
{
    /// <summary>Name, connection and TLS together: a host that needs longer would not answer in time either.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>One attempt, from the name to the end of the answer.</summary>
    public static readonly TimeSpan TotalTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Longer answers are cut off, and their connection with them.</summary>
    public const int AnswerBytesRead = 65_536;

    /// <summary>What an attempt keeps of an answer: enough for an error page's text.</summary>
    public const int AnswerBytesKept = 4_096;

    /// <summary>What an attempt keeps of the body that it sent; the message itself is in the log.</summary>
    public const int SentBytesKept = 65_536;

    /// <summary>All headers of an answer; the connection ends past it.</summary>
    public const int AnswerHeaderKilobytes = 32;

    /// <summary>Headers of an answer that an attempt keeps, and the characters of one value.</summary>
    public const int AnswerHeadersKept = 64;

    public const int AnswerHeaderCharacters = 1_024;

    /// <summary>Names of one endpoint have a handful of addresses; a resolver that answers more is not believed.
    /// </summary>
    public const int Addresses = 64;

    /// <summary>A name may change its addresses; a connection follows it within this time.</summary>
    public static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    public static readonly TimeSpan ConnectionIdle = TimeSpan.FromSeconds(30);

    /// <summary>To one authority, whatever the number of subscriptions that it serves.</summary>
    public const int ConnectionsPerAuthority = 256;

    /// <summary>Attempts to one endpoint at once.</summary>
    public const int EndpointConcurrency = 8;

    /// <summary>What is kept of one attempt, as JSON; half of what the broker takes. Headers are cut to fit.</summary>
    public const int AttemptBytes = 32_768;

    /// <summary>Attempts of all endpoints at once: a socket and some 20 KB each. As many as 256 endpoints that hang
    /// take with the usual concurrency; then the circuit of each opens.</summary>
    public const int AttemptsAtOnce = 2_048;

    /// <summary>Bodies of all attempts at once; one that begins below it may go past it.</summary>
    public const long AttemptBytesAtOnce = 256L * 1_048_576;

    /// <summary>Attempts whose latencies are kept for the percentiles of a subscription.</summary>
    public const int LatenciesKept = 512;

    /// <summary>Headers that a subscription adds, and the bytes of their names and values.</summary>
    public const int CustomHeaders = 32;

    public const int CustomHeaderBytes = 8_192;

    /// <summary>User names, passwords and tokens.</summary>
    public const int CredentialLength = 4_096;

    /// <summary>Keys that sign at once: the new one, the old one, and air for a rotation that overlaps another.
    /// </summary>
    public const int SigningKeys = 4;

    /// <summary>Authorities whose circuits are remembered: some 200 bytes each. The one used longest ago is forgotten,
    /// which closes its circuit.</summary>
    public const int Circuits = 10_000;

    /// <summary>Bounds of what a receiver may ask for by Retry-After.</summary>
    public static readonly TimeSpan MinRetryAfter = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);
}
