namespace QueueService.Broker.Messages;

/// <summary>What travels with a body. Everything is optional; a message without any costs no header bytes.</summary>
public sealed record MessageHeaders
{
    public static readonly MessageHeaders None = new();

    /// <summary>Media type; null when the sender gave none.</summary>
    public string? ContentType { get; init; }

    public string? CorrelationId { get; init; }

    public string? ReplyTo { get; init; }

    /// <summary>W3C trace context of the sender, given back on delivery.</summary>
    public string? TraceParent { get; init; }

    public string? TraceState { get; init; }

    /// <summary>The trace header of AWS X-Ray, as its sender gave it; not a part of the attributes.</summary>
    public string? TraceHeader { get; init; }

    /// <summary>Who sent the message, as the protocol says that took it; null when nobody was asked.</summary>
    public string? SenderId { get; init; }

    /// <summary>What a record of a stream is about: its partition follows from it. 1 to 1,024 bytes; null for a record
    /// without one, and for messages of queues and topics.</summary>
    public string? Key { get; init; }

    /// <summary>Of a record of a stream: it has no value, and says that its key has none any more. Its body is empty.
    /// </summary>
    public bool IsTombstone { get; init; }

    /// <summary>Message group, 1 to 128 characters: its order in a FIFO queue, its turn in a standard one.</summary>
    public string? GroupId { get; init; }

    /// <summary>1 to 128 characters; FIFO queues only.</summary>
    public string? DeduplicationId { get; init; }

    /// <summary>Words between dots that topics route by, 1 to 255 bytes; queues carry it along.</summary>
    public string? RoutingKey { get; init; }

    /// <summary>In the order given; names are unique.</summary>
    public IReadOnlyList<MessageAttribute> Attributes { get; init; } = [];
}

/// <summary>The type of an attribute's value.</summary>
public enum AttributeKind : byte
{
    String = 0,
    Number = 1,
    Boolean = 2,
    Binary = 3,
    StringArray = 4,
}

/// <summary>One attribute. A number keeps the digits as they were sent, so no precision is lost; a boolean's text is
/// "true" or "false"; a binary's <see cref="Text"/> is its base64 form; an array's is a JSON array of strings, numbers,
/// booleans and nulls.</summary>
public readonly record struct MessageAttribute(string Name, AttributeKind Kind, string Text)
{
    /// <summary>What the sender adds to the name of the type: "int" of SQS's "Number.int". 1 to
    /// <see cref="MaxLabelLength"/> characters; null for none. Filters do not look at it.</summary>
    public string? Label { get; init; }

    /// <summary>With the type and the dot, as many characters as SQS allows.</summary>
    public const int MaxLabelLength = 255;
}
