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
    public AskedAttributes(ReceiveMessageRequest request)
    {
        Add(request.AttributeNames);
        Add(request.MessageSystemAttributeNames);
        Names = request.MessageAttributeNames ?? [];
    }

    public SystemAttributes System { get; private set; }

    /// <summary>Of message attributes, with their patterns.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>A name that no system attribute has.</summary>
    public string? Unknown { get; private set; }

    private void Add(List<string>? names)
    {
        foreach (string? name in names ?? [])
        {
            bool isKnown = Enum.TryParse(name, out SystemAttributes attribute) && attribute != SystemAttributes.None
                && name == Enum.GetName(attribute);
            if (isKnown) System |= attribute;
            else Unknown ??= name ?? "null";
        }
    }
}
