using QueueService.Broker.Messages;

namespace QueueService.Aws.Sns;

/// <summary>A message of a topic as its subscribers get it.</summary>
internal sealed record SnsNotification
{
    public const string Type = "Notification";

    public required string MessageId { get; init; }

    public required string TopicArn { get; init; }

    public string? Subject { get; init; }

    public required string Message { get; init; }

    /// <summary>When it was published: RFC 3339 with milliseconds.</summary>
    public required string Timestamp { get; init; }

    /// <summary>Of a FIFO topic; its envelopes are not signed.</summary>
    public string? SequenceNumber { get; init; }

    public required string UnsubscribeUrl { get; init; }

    /// <summary>Without those that are the server's own (<see cref="SnsAttributes"/>).</summary>
    public IReadOnlyList<MessageAttribute> Attributes { get; init; } = [];

    /// <summary>It is delivered once more because its subscription asked for a replay.</summary>
    public bool IsReplayed { get; init; }
}

/// <summary>What asks the owner of an endpoint whether he wants a subscription, or tells him that it has ended.
/// </summary>
internal sealed record SnsConfirmation
{
    public const string Subscribing = "SubscriptionConfirmation";
    public const string Unsubscribing = "UnsubscribeConfirmation";

    public required string Type { get; init; }

    public required string MessageId { get; init; }

    public required string Token { get; init; }

    public required string TopicArn { get; init; }

    public required string SubscribeUrl { get; init; }

    public required string Timestamp { get; init; }

    /// <summary>The subscription as it is named to its owner.</summary>
    public required string SubscriptionArn { get; init; }

    public string Message => Type == Subscribing
        ? $"You have chosen to subscribe to the topic {TopicArn}.\n" +
            "To confirm the subscription, visit the SubscribeURL included in this message."
        : $"You have chosen to deactivate subscription {SubscriptionArn}.\n" +
            "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message.";
}

/// <summary>Signs envelopes, in one of the two versions.</summary>
/// <param name="CertificateUrl">Where receivers find the certificate.</param>
internal sealed record SnsSigner(SigningCertificate Certificate, int Version, string CertificateUrl)
{
    /// <summary>Shared by those who sign the same messages; null: each is signed anew.</summary>
    public SignatureCache? Signed { get; init; }

    public string Sign(string text) =>
        Signed is null ? Certificate.Sign(Version, text) : Signed.Sign(Certificate, Version, text);
}
