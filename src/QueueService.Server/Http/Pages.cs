using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Server.Http;

/// <summary>Cursors and links of listings. A cursor is the position itself, so it needs no memory and survives a
/// restart; a letter in front keeps those of different listings apart.</summary>
internal static class Pages
{
    private const char Names = 'n';
    private const char Messages = 'm';
    private const char Operations = 'o';
    private const char Attempts = 'a';
    private const char Segments = 's';

    public static string AfterName(string name) => Encode(Names + name);

    public static string FromMessage(long sequenceNumber) => Encode(Messages + sequenceNumber.ToString());

    /// <summary>The name after which the page starts; null at the beginning.</summary>
    public static string? ReadName(ReadOnlyMemory<char>? cursor, ref Problem? problem)
    {
        if (cursor is not { } text) return null;
        if (Decode(text.Span) is [Names, .. string name] && QueueName.TryParse(name, out _)) return name;
        Problem.Blame(ref problem, "?cursor", NotACursor);
        return null;
    }

    public static long ReadMessage(ReadOnlyMemory<char>? cursor, ref Problem? problem)
    {
        if (cursor is not { } text) return 0;
        if (Decode(text.Span) is [Messages, .. string digits] && long.TryParse(digits, out long from) && from >= 0)
            return from;
        Problem.Blame(ref problem, "?cursor", NotACursor);
        return 0;
    }

    public static string BeforeOperation(OperationId id) => Encode(Operations + id.Number.ToString());

    /// <summary>The operation before which the page starts; null at the newest.</summary>
    public static OperationId? ReadOperation(ReadOnlyMemory<char>? cursor, ref Problem? problem)
    {
        if (cursor is not { } text) return null;
        if (Decode(text.Span) is [Operations, .. string digits] && long.TryParse(digits, out long number) && number > 0)
            return new OperationId(number);
        Problem.Blame(ref problem, "?cursor", NotACursor);
        return null;
    }

    public static string BeforeAttempt(long offset) => Encode(Attempts + offset.ToString());

    /// <summary>The attempt before which the page starts; null at the newest.</summary>
    public static long? ReadAttempt(ReadOnlyMemory<char>? cursor, ref Problem? problem)
    {
        if (cursor is not { } text) return null;
        if (Decode(text.Span) is [Attempts, .. string digits] && long.TryParse(digits, out long offset) && offset >= 0)
            return offset;
        Problem.Blame(ref problem, "?cursor", NotACursor);
        return null;
    }

    public static string FromSegment(long offset) => Encode(Segments + offset.ToString());

    /// <summary>The offset from which segments are listed.</summary>
    public static long ReadSegment(ReadOnlyMemory<char>? cursor, ref Problem? problem)
    {
        if (cursor is not { } text) return 0;
        if (Decode(text.Span) is [Segments, .. string digits] && long.TryParse(digits, out long from) && from >= 0)
            return from;
        Problem.Blame(ref problem, "?cursor", NotACursor);
        return 0;
    }

    public static string AfterRow(long scan, string key) => Base64Url.EncodeToString(
        [.. BitConverter.GetBytes(scan), .. Encoding.UTF8.GetBytes(key)]);

    /// <summary>The number of a scan of a table and the key before the page; null at the beginning.</summary>
    public static (long Scan, string After)? ReadTable(ReadOnlyMemory<char>? cursor, ref Problem? problem)
    {
        if (cursor is not { } text) return null;
        byte[] bytes = Base64Url.IsValid(text.Span) ? Base64Url.DecodeFromChars(text.Span) : [];
        if (bytes.Length > sizeof(long))
            return (BitConverter.ToInt64(bytes), Encoding.UTF8.GetString(bytes.AsSpan(sizeof(long))));
        Problem.Blame(ref problem, "?cursor", NotACursor);
        return null;
    }

    public static int ReadLimit(ReadOnlyMemory<char>? limit, ref Problem? problem) => Math.Min(
        Limits.PageItems,
        RequestQuery.Integer(limit, "limit", 1, int.MaxValue, Limits.DefaultPageItems, ref problem));

    /// <summary>Finishes a listing: `],"nextCursor":…}` and the link to the next page.</summary>
    public static void Close(HttpContext http, JsonOutput output, string? cursor)
    {
        if (cursor is null)
        {
            output.Raw("]}"u8);
            return;
        }

        output.Raw("],\"nextCursor\":"u8).Text(cursor).Raw("}"u8);
        http.Response.Headers.Link = $"<{NextAddress(http.Request, cursor)}>; rel=\"next\"";
    }

    private const string NotACursor = "is not a cursor of this listing: send nextCursor as it came.";

    private static string NextAddress(HttpRequest request, string cursor)
    {
        StringBuilder address = new(request.Path.ToUriComponent() + "?");
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in
            new QueryStringEnumerable(request.QueryString.Value))
        {
            if (pair.DecodeName().Span is not "cursor")
                address.Append(pair.EncodedName).Append('=').Append(pair.EncodedValue).Append('&');
        }

        return address.Append("cursor=").Append(cursor).ToString();
    }

    private static string Encode(string position) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(position));

    private static string Decode(ReadOnlySpan<char> cursor) =>
        Base64Url.IsValid(cursor) ? Encoding.ASCII.GetString(Base64Url.DecodeFromChars(cursor)) : "";
}
