using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>The options of a message while they are collected, from headers, the query or JSON, with the checks that
/// all three share. `where` says which part of the request to blame.</summary>
internal struct MessageDraft
{
    private static readonly SearchValues<char> AttributeNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private string? _contentType;
    private string? _correlationId;
    private string? _replyTo;
    private string? _traceParent;
    private string? _traceState;
    private List<MessageAttribute>? _attributes;
    private int _bytes;

    /// <summary>Null takes the queue's default.</summary>
    public long? DelayMilliseconds { get; set; }

    /// <summary>Instead of a delay: Unix milliseconds.</summary>
    public long? DeliverAt { get; private set; }

    public void SetDeliverAt(string where, ReadOnlySpan<char> value, ref Problem? problem)
    {
        if (Rfc3339.TryParse(value, out long at)) DeliverAt = at;
        else Problem.Blame(ref problem, where, "must be an RFC 3339 instant like 2026-11-21T10:00:00Z.");
    }

    public void SetContentType(string where, string value, ref Problem? problem)
    {
        if (ContentTypes.IsValid(value)) _contentType = value;
        else Problem.Blame(ref problem, where, "must be a media type like application/json.");
    }

    /// <summary>The content type of the request is not that of the message.</summary>
    public void ClearContentType() => _contentType = null;

    /// <summary>The text of an attribute that was added; null when there is none.</summary>
    public readonly string? Attribute(string name)
    {
        if (_attributes is null) return null;
        foreach (MessageAttribute attribute in _attributes)
        {
            if (attribute.Name == name) return attribute.Text;
        }

        return null;
    }

    public void SetCorrelationId(string where, string value, ref Problem? problem) =>
        _correlationId = ShortText(where, value, ref problem);

    public void SetReplyTo(string where, string value, ref Problem? problem) =>
        _replyTo = ShortText(where, value, ref problem);

    public void SetTrace(string parent, string? state)
    {
        // W3C trace context: what does not parse is not a trace, and is no reason to refuse the message.
        if (!ActivityContext.TryParse(parent, state, out _)) return;
        _traceParent = parent;
        if (state is { Length: > 0 and <= Limits.TraceStateLength }) _traceState = state;
        _bytes += parent.Length + (_traceState?.Length ?? 0);
    }

    public void AddAttribute(string where, MessageAttribute attribute, ref Problem? problem)
    {
        string? wrong = Check(attribute);
        if (wrong is not null)
        {
            Problem.Blame(ref problem, where, wrong);
            return;
        }

        (_attributes ??= []).Add(attribute);
        _bytes += attribute.Name.Length + Encoding.UTF8.GetByteCount(attribute.Text);
    }

    /// <param name="deliverAt">What to blame when two options contradict each other.</param>
    public readonly MessageHeaders ToHeaders(string where, string deliverAt, ref Problem? problem)
    {
        if (_bytes > Limits.HeaderBytes)
            Problem.Blame(ref problem, where, $"The message's options are larger than {Limits.HeaderBytes} bytes.");
        if (DelayMilliseconds is not null && DeliverAt is not null)
            Problem.Blame(ref problem, deliverAt, "A message has either a delay or a time of delivery.");
        bool alone = _bytes == 0 && _correlationId is null && _replyTo is null && _attributes is null;
        if (alone) return ContentTypes.Alone(_contentType);
        return new MessageHeaders
        {
            ContentType = _contentType,
            CorrelationId = _correlationId,
            ReplyTo = _replyTo,
            TraceParent = _traceParent,
            TraceState = _traceState,
            Attributes = _attributes ?? [],
        };
    }

    /// <summary>A number as its sender wrote it, but one that a double can hold.</summary>
    public static bool IsNumber(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= Limits.NumberLength &&
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) &&
        double.IsFinite(value);

    private readonly string? Check(MessageAttribute attribute)
    {
        string name = attribute.Name;
        if (name.Length is 0 or > Limits.AttributeNameLength ||
            name.AsSpan().ContainsAnyExcept(AttributeNameCharacters))
            return $"has a name that is not 1 to {Limits.AttributeNameLength} of A-Z a-z 0-9 . _ -";
        if (Encoding.UTF8.GetByteCount(attribute.Text) > Limits.AttributeValueBytes)
            return $"has a value of more than {Limits.AttributeValueBytes} bytes.";
        if (_attributes is null) return null;
        if (_attributes.Count == Limits.Attributes) return $"is more than {Limits.Attributes} attributes.";
        return Attribute(name) is null ? null : "is given twice.";
    }

    private string? ShortText(string where, string value, ref Problem? problem)
    {
        int bytes = Encoding.UTF8.GetByteCount(value);
        _bytes += bytes;
        if (bytes is > 0 and <= Limits.ShortTextBytes) return value;
        Problem.Blame(ref problem, where, $"must be 1 to {Limits.ShortTextBytes} bytes.");
        return null;
    }
}
