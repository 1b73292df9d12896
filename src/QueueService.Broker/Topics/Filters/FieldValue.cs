namespace QueueService.Broker.Topics.Filters;

internal enum FieldKind : byte
{
    String,
    Number,
    True,
    False,
    Null,
    Object,
    Array,
}

/// <summary>A value of a message that a condition is about.</summary>
internal readonly ref struct FieldValue
{
    public required FieldKind Kind { get; init; }

    /// <summary>Of a string, without escapes.</summary>
    public ReadOnlySpan<byte> Text { get; init; }

    /// <summary>A number, or an attribute that is a string and reads as one.</summary>
    public double? Number { get; init; }
}
