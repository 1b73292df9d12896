using QueueService.Broker.Queues;

namespace QueueService.Broker.Topics;

/// <summary>What one attempt to deliver a message led to.</summary>
public enum DeliveryResult : byte
{
    /// <summary>The receiver has it: the message is done with.</summary>
    Delivered = 0,

    /// <summary>It is tried again after a delay.</summary>
    Retry = 1,

    /// <summary>It was the last attempt: the message goes to the dead-letter queue, or is given up.</summary>
    Exhausted = 2,

    /// <summary>The receiver wants nothing any more: the subscription is disabled and its messages are kept.</summary>
    Gone = 3,
}

/// <summary>One attempt, to be kept with what it leads to.</summary>
/// <param name="Number">Of the delivery: 1 for the first attempt.</param>
/// <param name="DelayMilliseconds">Until the next attempt.</param>
/// <param name="Attempt">What is known about it, in a form of the caller's; at most 64 KiB.</param>
public sealed record DeliveryReport(
    ReceiptHandle Receipt, int Number, DeliveryResult Result, long DelayMilliseconds, ReadOnlyMemory<byte> Attempt)
{
    /// <summary>How long every attempt may fail before the subscription is disabled, in milliseconds.</summary>
    public long MaxFailingMilliseconds { get; init; } = 5L * 24 * 3600 * 1000;
}

/// <summary>What a report led to.</summary>
/// <param name="Disabled">Why the subscription is disabled from now on; null when it is not, or was before.</param>
public readonly record struct DeliveryOutcome(BrokerError Error, string? Disabled);

/// <summary>One attempt, as it was kept.</summary>
/// <param name="Delivery">Names the delivery: the subscription, and the message's place in the topic.</param>
/// <param name="At">When it was reported, Unix milliseconds.</param>
/// <param name="Details">In the form of whoever reported it.</param>
public sealed record KeptAttempt(
    MessageId Delivery, int Number, DeliveryResult Result, long At, ReadOnlyMemory<byte> Details)
{
    /// <summary>Its place among all attempts of the subscription, rising; pages are asked for by it.</summary>
    public required long Offset { get; init; }
}

/// <summary>Attempts of a subscription, the newest first.</summary>
/// <param name="Next">Pass it on to get older ones; null at the end.</param>
public sealed record AttemptPage(IReadOnlyList<KeptAttempt> Attempts, long? Next);
