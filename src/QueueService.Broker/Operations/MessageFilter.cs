using System.Globalization;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Operations;

/// <summary>Which messages an operation is about: those for which everything holds that is given.</summary>
public sealed record MessageFilter
{
    public static readonly MessageFilter All = new();

    /// <summary>Attributes compared: more than any use seen.</summary>
    public const int MaxAttributes = 10;

    /// <summary>Values of one attribute, any of which matches.</summary>
    public const int MaxValues = 20;

    /// <summary>Bytes of all names and values: the filter is in every record of its operation.</summary>
    public const int MaxBytes = 8_192;

    public IReadOnlyList<AttributeMatch> Attributes { get; init; } = [];

    /// <summary>Why it was dead-lettered, exactly.</summary>
    public string? Reason { get; init; }

    /// <summary>The queue that it came from.</summary>
    public string? SourceQueue { get; init; }

    /// <summary>Sent at this time (Unix milliseconds) or later.</summary>
    public long? SentSince { get; init; }

    /// <summary>Sent before this time.</summary>
    public long? SentBefore { get; init; }

    public bool Matches(in MessageView message)
    {
        if (ReferenceEquals(this, All)) return true;
        if (SentSince is { } since && message.SentAt < since) return false;
        if (SentBefore is { } before && message.SentAt >= before) return false;
        if ((Reason ?? SourceQueue) is not null && !Came(message.Origin)) return false;
        return Attributes.Count == 0 || (message.HasHeaders && Holds(message.ReadHeaders()));
    }

    private bool Came(MessageOrigin? origin)
    {
        if (origin is null || !origin.IsDeadLetter) return false;
        return (Reason is null || origin.Reason == Reason)
            && (SourceQueue is null || origin.SourceQueue == SourceQueue);
    }

    private bool Holds(MessageHeaders headers)
    {
        foreach (AttributeMatch match in Attributes)
            if (!headers.Attributes.Any(match.Matches)) return false;
        return true;
    }
}

/// <summary>An attribute has one of these values. Numbers are compared as numbers, everything else as its
/// text.</summary>
public sealed record AttributeMatch(string Name, IReadOnlyList<AttributeValue> Values)
{
    public bool Matches(MessageAttribute attribute)
    {
        if (attribute.Name != Name) return false;
        foreach (AttributeValue value in Values)
            if (value.Text == attribute.Text || (value.IsNumber && AreEqual(value.Text, attribute.Text))) return true;
        return false;
    }

    private static bool AreEqual(string one, string other) =>
        double.TryParse(one, NumberStyles.Float, CultureInfo.InvariantCulture, out double first)
        && double.TryParse(other, NumberStyles.Float, CultureInfo.InvariantCulture, out double second)
        && first.Equals(second);
}

public readonly record struct AttributeValue(string Text, bool IsNumber = false);
