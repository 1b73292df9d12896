using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

/// <summary>The system attributes of messages, in the order in which they are answered.</summary>
[Flags]
internal enum SystemAttributes
{
    None = 0,
    SenderId = 1,
    SentTimestamp = 2,
    ApproximateReceiveCount = 4,
    ApproximateFirstReceiveTimestamp = 8,
    SequenceNumber = 16,
    MessageDeduplicationId = 32,
    MessageGroupId = 64,
    AWSTraceHeader = 128,
    DeadLetterQueueSourceArn = 256,
    All = 511,
}

/// <summary>Which attributes a receive asks for.</summary>
internal sealed class AskedAttributes
{
    private const string NamesParameter = "MessageAttributeNames";

    public AskedAttributes(ReceiveMessageRequest request)
    {
        Add(request.AttributeNames);
        Add(request.MessageSystemAttributeNames);
        Names = request.MessageAttributeNames ?? [];
        Error ??= CheckNames();
    }

    public SystemAttributes System { get; private set; }

    /// <summary>Of message attributes, with their patterns; at most <see cref="AwsLimits.AskedNames"/>.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>A name that no attribute can have, or too many of them.</summary>
    public AwsError? Error { get; private set; }

    private void Add(List<string>? names)
    {
        if (names?.Count > AwsLimits.AskedNames) Error ??= TooMany("AttributeNames", names.Count);
        foreach (string? name in Error is null ? names ?? [] : [])
        {
            bool isKnown = Enum.TryParse(name, out SystemAttributes attribute) && attribute != SystemAttributes.None
                && name == Enum.GetName(attribute);
            if (isKnown) System |= attribute;
            else Error ??= SqsErrors.UnknownAttribute(name ?? "null");
        }
    }

    private AwsError? CheckNames()
    {
        if (Names.Count > AwsLimits.AskedNames) return TooMany(NamesParameter, Names.Count);
        foreach (string? name in Names)
        {
            // Two more for the end of a pattern.
            if (name is not { Length: > 0 and <= AwsLimits.AttributeNameCharacters + 2 })
                return ProtocolErrors.Invalid(NamesParameter, name, "A name must have 1 to 256 characters.");
        }

        return null;
    }

    private static AwsError TooMany(string parameter, int count) => ProtocolErrors.InvalidParameterValue.With(
        $"{parameter} has {count} names, but at most {AwsLimits.AskedNames} are taken.");
}
