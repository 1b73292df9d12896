namespace QueueService.Aws.Sqs;

/// <summary>An attribute of a message, as it is sent and received.</summary>
internal sealed class MessageAttributeValue
{
    /// <summary>Base64 in JSON.</summary>
    public byte[]? BinaryValue { get; set; }

    public string? DataType { get; set; }

    public string? StringValue { get; set; }

    /// <summary>Reserved by AWS, and refused.</summary>
    public List<string>? StringListValues { get; set; }

    /// <summary>Reserved by AWS, and refused.</summary>
    public List<string>? BinaryListValues { get; set; }
}
