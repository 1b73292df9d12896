using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Server.Webhooks;

/// <summary>A message of a topic on its way to an endpoint.</summary>
internal sealed record WebhookMessage
{
    /// <summary>Of the message; the same in each attempt.</summary>
    public required string Id { get; init; }

    public required string Topic { get; init; }

    public required string Subscription { get; init; }

    public required long SequenceNumber { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long SentAt { get; init; }

    public required string ContentType { get; init; }

    public MessageHeaders Headers { get; init; } = MessageHeaders.None;

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body is valid UTF-8.</summary>
    public required bool IsText { get; init; }

    /// <summary>Copies what the view shows: the view ends before the delivery does.</summary>
    public static WebhookMessage From(in MessageView message, string topic, string subscription) => new()
    {
        Id = message.Id.ToString(),
        Topic = topic,
        Subscription = subscription,
        SequenceNumber = message.SequenceNumber,
        SentAt = message.SentAt,
        ContentType = message.ContentType,
        Headers = message.HasHeaders ? message.ReadHeaders() : MessageHeaders.None,
        Body = message.Body.ToArray(),
        IsText = message.BodyIsText,
    };
}
