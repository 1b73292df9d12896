using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.WebUtilities;

namespace QueueService.Server.Http;

/// <summary>The values of an operation's query parameters, in the order in which the operation names them.</summary>
[InlineArray(MaxParameters)]
internal struct QueryValues
{
    public const int MaxParameters = 12;

    private ReadOnlyMemory<char>? _first;
}

/// <summary>Reads the query without allocating, and refuses what the operation does not know.</summary>
internal static class RequestQuery
{
    /// <param name="repeatable">May be given more than once: see <see cref="ReadAll"/>.</param>
    public static QueryValues Read(
        HttpContext http, ReadOnlySpan<string> known, ref Problem? problem, string? repeatable = null)
    {
        // An option that would change what a retry does must not be ignored either.
        if (http.Request.Headers.ContainsKey(IdempotencyKey.Header))
            Problem.Blame(ref problem, IdempotencyKey.Header, "is not supported by this operation.");
        return ReadKeyed(http, known, ref problem, repeatable);
    }

    /// <summary>As <see cref="Read"/>, for an operation that knows the Idempotency-Key.</summary>
    public static QueryValues ReadKeyed(
        HttpContext http, ReadOnlySpan<string> known, ref Problem? problem, string? repeatable = null)
    {
        QueryValues values = default;
        if (!http.Request.QueryString.HasValue) return values;
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in
            new QueryStringEnumerable(http.Request.QueryString.Value))
        {
            ReadOnlyMemory<char> name = pair.DecodeName();
            int index = IndexOf(known, name.Span);
            if (index < 0)
                Problem.Blame(ref problem, "?" + name.ToString(), "is not a parameter of this operation.");
            else if (values[index] is not null && known[index] != repeatable)
                Problem.Blame(ref problem, "?" + known[index], "is given twice.");
            else
                values[index] = pair.DecodeValue();
        }

        return values;
    }

    /// <summary>All values of a parameter that may be given more than once.</summary>
    public static List<string> ReadAll(HttpContext http, string parameter)
    {
        List<string> values = [];
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in
            new QueryStringEnumerable(http.Request.QueryString.Value))
        {
            if (pair.DecodeName().Span.SequenceEqual(parameter)) values.Add(pair.DecodeValue().ToString());
        }

        return values;
    }

    public static int Integer(
        ReadOnlyMemory<char>? value, string name, int min, int max, int otherwise, ref Problem? problem)
    {
        if (value is not { } text) return otherwise;
        if (int.TryParse(text.Span, System.Globalization.NumberStyles.None, null, out int number) &&
            number >= min && number <= max)
            return number;
        Problem.Blame(ref problem, "?" + name, $"must be an integer from {min} to {max}.");
        return otherwise;
    }

    /// <summary>Milliseconds, or null when the parameter is not given.</summary>
    public static long? Duration(ReadOnlyMemory<char>? value, string where, int maxSeconds, ref Problem? problem)
    {
        if (value is not { } text) return null;
        if (Durations.TryParse(text.Span, out long milliseconds) && milliseconds <= maxSeconds * 1_000L)
            return milliseconds;
        Problem.Blame(
            ref problem, where, $"must be a duration of at most {maxSeconds}s, like 30, 30s, 500ms, 5m or 2h.");
        return null;
    }

    /// <summary>The index of the value among the choices; the first one when it is not given.</summary>
    public static int Choice(
        ReadOnlyMemory<char>? value, string name, ReadOnlySpan<string> choices, ref Problem? problem)
    {
        if (value is not { } text) return 0;
        int index = IndexOf(choices, text.Span);
        if (index < 0)
            Problem.Blame(ref problem, "?" + name, $"must be one of {string.Join(", ", choices!)}.");
        return Math.Max(index, 0);
    }

    private static int IndexOf(ReadOnlySpan<string> names, ReadOnlySpan<char> name)
    {
        for (int i = 0; i < names.Length; i++)
        {
            if (name.SequenceEqual(names[i])) return i;
        }

        return -1;
    }
}
