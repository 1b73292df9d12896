using System.Globalization;
using Microsoft.Extensions.Primitives;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.DurableStreams;

/// <summary>The headers of the protocol.</summary>
internal static class DurableStreamHeaders
{
    public const string NextOffset = "Stream-Next-Offset";
    public const string UpToDate = "Stream-Up-To-Date";
    public const string Closed = "Stream-Closed";
    public const string Cursor = "Stream-Cursor";
    public const string Ttl = "Stream-TTL";
    public const string ExpiresAt = "Stream-Expires-At";
    public const string Sequence = "Stream-Seq";
    public const string DataEncoding = "Stream-SSE-Data-Encoding";
    public const string ForkedFrom = "Stream-Forked-From";
    public const string ForkOffset = "Stream-Fork-Offset";
    public const string ForkSubOffset = "Stream-Fork-Sub-Offset";
    public const string ProducerId = "Producer-Id";
    public const string ProducerEpoch = "Producer-Epoch";
    public const string ProducerSequence = "Producer-Seq";
    public const string ExpectedSequence = "Producer-Expected-Seq";
    public const string ReceivedSequence = "Producer-Received-Seq";

    public static readonly Parameter ClosedParameter = new(
        Closed, "String", "`true`: nothing can be appended afterwards.", "true", ParameterPlace.Header);

    /// <summary>Every answer that tells of a stream has them.</summary>
    public static readonly string[] OfStream = [NextOffset, Closed];

    /// <summary>What each response header says.</summary>
    public static readonly IReadOnlyDictionary<string, (string Description, string Schema)> Described =
        new Dictionary<string, (string Description, string Schema)>
        {
            [UpToDate] = ("`true` when there was nothing more.", "String"),
            [Closed] = ("`true` when nothing more will come.", "String"),
            [Cursor] = ("For `cursor` of the next live read: readers at one place ask the same of a cache.", "String"),
            [Ttl] = ("Seconds without a read or an append after which the stream ends.", "String"),
            [ExpiresAt] = ("When the stream ends, as it was declared.", "String"),
            [DataEncoding] = ("`base64` when the events of a live read are encoded so.", "String"),
            [ProducerEpoch] = ("The producer's valid epoch.", "String"),
            [ProducerSequence] = ("The producer's highest sequence number.", "String"),
        };

    public static void Tell(HttpContext http, long end, bool isClosed)
    {
        http.Response.Headers[NextOffset] = Offset(end);
        if (isClosed) http.Response.Headers[Closed] = "true";
    }

    /// <summary>Offsets are texts that sort like what they stand for.</summary>
    public static string Offset(long offset) => $"{offset:D16}_{0:D16}";

    public static bool TryParseOffset(ReadOnlySpan<char> text, out long offset)
    {
        offset = 0;
        return text is [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, '_', .. var rest] && rest.Length == 16
            && long.TryParse(text[..16], NumberStyles.None, CultureInfo.InvariantCulture, out offset)
            && !rest.ContainsAnyExceptInRange('0', '9');
    }

    public static bool IsTrue(HttpContext http, string name, ref Problem? problem)
    {
        if (Single(http, name, ref problem) is not { } text) return false;
        if (text.Equals("true", StringComparison.OrdinalIgnoreCase)) return true;
        if (!text.Equals("false", StringComparison.OrdinalIgnoreCase))
            Problem.Blame(ref problem, name, "must be true or false.");
        return false;
    }

    /// <summary>An integer without sign and leading zeros; null when the header is not there.</summary>
    public static long? Integer(HttpContext http, string name, long max, ref Problem? problem)
    {
        if (Single(http, name, ref problem) is not { } text) return null;
        if (text is "0" or [>= '1' and <= '9', ..]
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= max)
            return number;
        Problem.Blame(ref problem, name, $"must be an integer from 0 to {max}, without sign and leading zeros.");
        return null;
    }

    /// <summary>Null when the header is not there.</summary>
    public static string? Single(HttpContext http, string name, ref Problem? problem)
    {
        if (!http.Request.Headers.TryGetValue(name, out StringValues values)) return null;
        if (values.Count == 1) return values.ToString();
        Problem.Blame(ref problem, name, "is given more than once.");
        return null;
    }

    public static string? ContentType(HttpContext http, ref Problem? problem)
    {
        if (string.IsNullOrEmpty(http.Request.ContentType)) return null;
        string type = http.Request.ContentType;
        if (type.Length > DurableStreamLimits.ContentTypeLength || !ContentTypes.IsValid(type))
            Problem.Blame(ref problem, "Content-Type", "must be a media type like text/plain.");
        return type;
    }

    public static ProducerState? Producer(HttpContext http, ref Problem? problem)
    {
        string? id = Single(http, ProducerId, ref problem);
        long? epoch = Integer(http, ProducerEpoch, DurableStreamLimits.MaxCounter, ref problem);
        long? sequence = Integer(http, ProducerSequence, DurableStreamLimits.MaxCounter, ref problem);
        if (id is null && epoch is null && sequence is null) return null;
        if (id is not { Length: > 0 and <= StreamLimits.ProducerIdLength }
            || id.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            Problem.Blame(
                ref problem, ProducerId,
                $"must be 1 to {StreamLimits.ProducerIdLength} printable ASCII characters.");
        }

        if (epoch is null) Problem.Blame(ref problem, ProducerEpoch, $"is needed with {ProducerId}.");
        if (sequence is null) Problem.Blame(ref problem, ProducerSequence, $"is needed with {ProducerId}.");
        return new ProducerState(id ?? "", epoch ?? 0, sequence ?? 0);
    }

    public static string? StreamSequence(HttpContext http, ref Problem? problem)
    {
        string? text = Single(http, Sequence, ref problem);
        if (text is null or { Length: > 0 and <= DurableStreamLimits.SequenceLength }
            && text?.AsSpan().ContainsAnyExceptInRange(' ', '~') != true) return text;
        Problem.Blame(
            ref problem, Sequence,
            $"must be 1 to {DurableStreamLimits.SequenceLength} printable ASCII characters.");
        return null;
    }

    public static void Promise(HttpContext http) => http.Promise(Durability.Fsync);
}
