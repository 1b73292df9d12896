namespace QueueService.Aws;

/// <summary>Every fixed bound of the AWS protocols: AWS's own, or with its reason.</summary>
internal static class AwsLimits
{
    /// <summary>AWS's, since 2025: body and attributes of one message, and all of a batch.</summary>
    public const int MessageBytes = 1_048_576;

    public const int MinMessageBytes = 1_024;

    public const int BatchEntries = 10;

    public const int BatchIdCharacters = 80;

    public const int QueueNameCharacters = 80;

    public const int MessageAttributes = 10;

    public const int AttributeNameCharacters = 256;

    public const int AttributeTypeCharacters = 256;

    public const int MaxDelaySeconds = 900;

    public const int MaxWaitSeconds = 20;

    public const int MaxVisibilitySeconds = 43_200;

    public const int MaxRetentionSeconds = 1_209_600;

    public const int ReceivedMessages = 10;

    /// <summary>Leased messages of a queue.</summary>
    public const int InFlight = 120_000;

    /// <summary>Queues of one page of a listing, and of a listing without pages.</summary>
    public const int PageItems = 1_000;

    /// <summary>The fastest rate that a move task can be held to.</summary>
    public const int MovedPerSecond = 500;

    /// <summary>The queues that a RedriveAllowPolicy may name.</summary>
    public const int RedriveSources = 10;

    /// <summary>Names in one receive: a message has ten attributes, and each is compared with each name.</summary>
    public const int AskedNames = 100;

    /// <summary>Ten entries with ten attributes of four parameters are 400; more is not a request of an SDK.</summary>
    public const int QueryParameters = 4_096;

    /// <summary>`SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue` has six parts.</summary>
    public const int QueryDepth = 8;
}
