using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

internal static class UntagQueue
{
    public static readonly AwsAction Action = new AwsAction<UntagQueueRequest, Nothing>(
        nameof(UntagQueue), SqsJson.Default.UntagQueueRequest, null, Handle);

    /// <summary>A tag that the queue does not have is taken away, too.</summary>
    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, UntagQueueRequest request)
    {
        if (request.TagKeys is not { Count: > 0 } keys) return ProtocolErrors.Missing("TagKeys");
        foreach (string? key in keys)
            if (TagRules.CheckKey(key) is { } wrong) return ProtocolErrors.InvalidParameterValue.With(wrong);
        return await TagQueue.Change(
            call, keys.Distinct(StringComparer.Ordinal).ToDictionary(static key => key!, static _ => (string?)null));
    }
}

internal sealed class UntagQueueRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public List<string?>? TagKeys { get; set; }
}
