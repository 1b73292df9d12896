namespace QueueService.Aws.Sns;

/// <summary>Every fixed bound of SNS: AWS's own, or with its reason.</summary>
internal static class SnsLimits
{
    /// <summary>Body and attributes of one message, and all of a batch.</summary>
    public const int MessageBytes = 262_144;

    public const int BatchEntries = 10;

    public const int BatchIdCharacters = 80;

    /// <summary>The broker's, of names; AWS allows 256.</summary>
    public const int TopicNameCharacters = 128;

    public const int SubjectCharacters = 100;

    public const int DisplayNameCharacters = 100;

    public const int AttributeNameCharacters = 256;

    /// <summary>Of groups and deduplication ids.</summary>
    public const int GroupCharacters = 128;

    /// <summary>Topics or subscriptions of one page.</summary>
    public const int PageItems = 100;

    public const int TagKeyCharacters = 128;

    public const int TagValueCharacters = 256;

    public const int DataProtectionPolicyCharacters = 30_720;

    public const int MaxArchiveDays = 365;

    /// <summary>Of a topic.</summary>
    public const int FilterPolicies = 200;

    /// <summary>How often an action tries again when somebody else was faster with the same definition.</summary>
    public const int Tries = 5;
}
