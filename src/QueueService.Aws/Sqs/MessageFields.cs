using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

/// <summary>What a message is sent with, alone or as an entry of a batch.</summary>
internal abstract class MessageFields
{
    public Utf8Text? MessageBody { get; set; }

    public int? DelaySeconds { get; set; }

    public Dictionary<string, MessageAttributeValue>? MessageAttributes { get; set; }

    public Dictionary<string, MessageAttributeValue>? MessageSystemAttributes { get; set; }

    public string? MessageDeduplicationId { get; set; }

    public string? MessageGroupId { get; set; }
}
