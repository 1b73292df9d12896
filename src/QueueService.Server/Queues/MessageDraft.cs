using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics.Filters;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>The options of a message while they are collected, from headers, the query or JSON, with the checks that
/// all three share. `where` says which part of the request to blame.</summary>
internal struct MessageDraft
{
    private static readonly SearchValues<char> AttributeNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private string? _contentType;
    private SendOptions _options;
    private string? _key;
    private bool _isTombstone;
    private string? _groupId;
    private string? _deduplicationId;
    private string? _routingKey;
    private string? _correlationId;
    private string? _replyTo;
    private string? _traceParent;
    private string? _traceState;
    private List<MessageAttribute>? _attributes;
    private int _bytes;

    public readonly SendOptions Options => _options;

    /// <summary>Sets one option that is text in headers and in the query.</summary>
    public void Set(MessageOption option, string where, string value, ref Problem? problem)
    {
        switch (option)
        {
            case MessageOption.Delay: SetDelay(where, value, ref problem); break;
            case MessageOption.DeliverAt: SetDeliverAt(where, value, ref problem); break;
            case MessageOption.Ttl: SetTtl(where, value, ref problem); break;
            case MessageOption.Priority: SetPriority(where, value, ref problem); break;
            case MessageOption.GroupId: _groupId = Name(where, value, ref problem); break;
            case MessageOption.DeduplicationId: _deduplicationId = Name(where, value, ref problem); break;
            case MessageOption.CorrelationId: _correlationId = ShortText(where, value, ref problem); break;
            case MessageOption.ReplyTo: _replyTo = ShortText(where, value, ref problem); break;
            case MessageOption.RoutingKey:
                _routingKey = ShortText(where, value, ref problem, FilterLimits.RoutingKeyBytes);
                break;
            default: throw new ArgumentOutOfRangeException(nameof(option));
        }
    }

    /// <summary>Checked by its reader.</summary>
    public void SetDelay(long milliseconds) => _options = _options with { DelayMilliseconds = milliseconds };

    /// <summary>Checked by its reader.</summary>
    public void SetTtl(long milliseconds) => _options = _options with { TtlMilliseconds = milliseconds };

    /// <summary>Checked by its reader.</summary>
    public void SetPriority(int priority) => _options = _options with { Priority = priority };

    /// <summary>Of a record of a stream.</summary>
    public void SetKey(string where, string value, ref Problem? problem) =>
        _key = ShortText(where, value, ref problem, StreamLimits.KeyBytes);

    public readonly bool IsTombstone => _isTombstone;

    /// <summary>Of a record of a stream; to be called when its key is known.</summary>
    /// <param name="key">What to blame when it has none.</param>
    public void SetTombstone(string key, ref Problem? problem)
    {
        _isTombstone = true;
        if (_key is null)
            Problem.Blame(ref problem, key, "is required: a tombstone says which key has no value any more.");
    }

    /// <summary>Of a record of a stream; checked by its reader.</summary>
    public void SetPartition(int partition) => _options = _options with { Partition = partition };

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

    /// <summary>Completes the message of a request: where the answer goes, and until when it is waited for.</summary>
    /// <param name="correlation">By what the answer is recognised, unless the message says.</param>
    /// <returns>By what the answer is recognised.</returns>
    public string ToRequest(string replyTo, long waitMilliseconds, string? correlation, ref Problem? problem)
    {
        if (_replyTo is not null) Problem.Blame(ref problem, "Message-Reply-To", "is set by this operation.");
        _replyTo = replyTo;
        if (_options is { TtlMilliseconds: null, DelayMilliseconds: null, DeliverAt: null }) SetTtl(waitMilliseconds);
        return _correlationId ??= correlation ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
    }

    /// <param name="deliverAt">What to blame when two options contradict each other.</param>
    public readonly MessageHeaders ToHeaders(string where, string deliverAt, ref Problem? problem)
    {
        if (_bytes > Limits.HeaderBytes)
            Problem.Blame(ref problem, where, $"The message's options are larger than {Limits.HeaderBytes} bytes.");
        if (_options.DelayMilliseconds is not null && _options.DeliverAt is not null)
            Problem.Blame(ref problem, deliverAt, "A message has either a delay or a time of delivery.");
        bool alone = _bytes == 0 && _correlationId is null && _replyTo is null && _attributes is null;
        if (alone) return ContentTypes.Alone(_contentType);
        return new MessageHeaders
        {
            ContentType = _contentType,
            Key = _key,
            IsTombstone = _isTombstone,
            GroupId = _groupId,
            DeduplicationId = _deduplicationId,
            RoutingKey = _routingKey,
            CorrelationId = _correlationId,
            ReplyTo = _replyTo,
            TraceParent = _traceParent,
            TraceState = _traceState,
            Attributes = _attributes ?? [],
        };
    }

    /// <summary>Without white space, which would get into lines and events as it is.</summary>
    private const NumberStyles NumberForm =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>A number as its sender wrote it, but one that a double can hold.</summary>
    public static bool IsNumber(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= Limits.NumberLength &&
        double.TryParse(text, NumberForm, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value);

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

    private void SetDelay(string where, string value, ref Problem? problem)
    {
        if (RequestQuery.Duration(value.AsMemory(), where, QueueConfigLimits.MaxDelaySeconds, ref problem) is { } delay)
            SetDelay(delay);
    }

    private void SetDeliverAt(string where, string value, ref Problem? problem)
    {
        if (Rfc3339.TryParse(value, out long at)) _options = _options with { DeliverAt = at };
        else Problem.Blame(ref problem, where, "must be an RFC 3339 instant like 2026-11-21T10:00:00Z.");
    }

    private void SetTtl(string where, string value, ref Problem? problem)
    {
        long? ttl = RequestQuery.Duration(value.AsMemory(), where, QueueConfigLimits.MaxRetentionSeconds, ref problem);
        if (ttl is 0) Problem.Blame(ref problem, where, "must be longer than nothing.");
        else if (ttl is { } milliseconds) SetTtl(milliseconds);
    }

    private void SetPriority(string where, string value, ref Problem? problem)
    {
        if (value.Length == 1 && char.IsAsciiDigit(value[0])) SetPriority(value[0] - '0');
        else Problem.Blame(ref problem, where, $"must be an integer from 0 to {QueueConfigLimits.MaxPriority}.");
    }

    private string? Name(string where, string value, ref Problem? problem)
    {
        _bytes += value.Length;
        if (value.Length is > 0 and <= QueueConfigLimits.MaxGroupCharacters
            && !value.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return value;
        Problem.Blame(
            ref problem, where,
            $"must be 1 to {QueueConfigLimits.MaxGroupCharacters} printable ASCII characters without spaces.");
        return null;
    }

    private string? ShortText(string where, string value, ref Problem? problem, int most = Limits.ShortTextBytes)
    {
        int bytes = Encoding.UTF8.GetByteCount(value);
        _bytes += bytes;
        if (bytes > 0 && bytes <= most) return value;
        Problem.Blame(ref problem, where, $"must be 1 to {most} bytes.");
        return null;
    }
}

/// <summary>Options of a message that are text in headers and in the query, in the order of their names
/// there.</summary>
internal enum MessageOption
{
    Delay,
    DeliverAt,
    Ttl,
    Priority,
    GroupId,
    DeduplicationId,
    CorrelationId,
    ReplyTo,
    RoutingKey,
}
