namespace QueueService.Aws.Sns;

/// <summary>`arn:aws:sns:{region}:{account}:{topic}`, and `:{subscription}` after it.</summary>
internal static class SnsArn
{
    /// <summary>What an ARN has at least: a topic's.</summary>
    private const int TopicParts = 6;

    public static string OfTopic(string region, string account, string topic) =>
        $"arn:aws:sns:{region}:{account}:{topic}";

    /// <summary>The topic's name; null when it is no ARN of a topic of this region and account.</summary>
    public static string? TopicOf(string arn, string region, string account)
    {
        string[] parts = arn.Split(':');
        return parts.Length == TopicParts && IsOurs(parts, region, account) && parts[5].Length > 0 ? parts[5] : null;
    }

    /// <summary>The names of topic and subscription; null when it is no ARN of a subscription of this region and
    /// account.</summary>
    public static (string Topic, string Subscription)? SubscriptionOf(string arn, string region, string account)
    {
        string[] parts = arn.Split(':');
        return parts.Length == TopicParts + 1 && IsOurs(parts, region, account) ? (parts[5], parts[6]) : null;
    }

    /// <summary>What AWS says about an ARN that is too short; null when it is long enough.</summary>
    public static string? RefuseShort(string arn, int least = TopicParts)
    {
        int parts = arn.Split(':').Length;
        return parts >= least ? null : $"An ARN must have at least {least} elements, not {parts}";
    }

    private static bool IsOurs(string[] parts, string region, string account) =>
        parts is ["arn", "aws", "sns", var where, var whose, ..] && where == region && whose == account;
}
