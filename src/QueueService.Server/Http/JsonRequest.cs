using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;

namespace QueueService.Server.Http;

/// <summary>The rules that all JSON bodies share: what counts as JSON, and how a field is read or refused.</summary>
internal static class JsonRequest
{
    public static readonly JsonReaderOptions Strict = new()
    {
        CommentHandling = JsonCommentHandling.Disallow,
        AllowTrailingCommas = false,
        MaxDepth = Limits.JsonDepth,
    };

    /// <summary>JSON, a name of it that the operation knows, or what curl and fetch send when nobody said anything.
    /// </summary>
    public static Problem? CheckContentType(HttpContext http, params ReadOnlySpan<string> alsoAllowed)
    {
        string? contentType = http.Request.ContentType;
        if (contentType is null or Answers.Json or ContentTypes.CurlDefault) return null;
        if (MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type))
        {
            bool utf8 = !type.Charset.HasValue ||
                type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase);
            string media = type.MediaType.Value ?? "";
            if (utf8 && (Is(media, Answers.Json) || Is(media, ContentTypes.CurlDefault))) return null;
            foreach (string allowed in alsoAllowed)
            {
                if (utf8 && Is(media, allowed)) return null;
            }
        }

        string names = string.Join(", ", [Answers.Json, .. alsoAllowed]);
        return new Problem(
            ProblemKind.UnsupportedMediaType, $"{contentType} is not supported here. Supported: {names} in UTF-8.");
    }

    /// <summary>Runs a parser over a whole JSON text. The parser answers what is wrong with the content; what is wrong
    /// with the JSON itself is said here.</summary>
    /// <param name="maxDepth">Levels of nesting.</param>
    public static Problem? Parse<TTarget>(
        ReadOnlySpan<byte> json, TTarget target, JsonParser<TTarget> parser, int maxDepth = Limits.JsonDepth)
    {
        if (!Utf8.IsValid(json)) return new Problem(ProblemKind.MalformedJson, "The body is not valid UTF-8.");
        try
        {
            Utf8JsonReader reader = new(json, Strict with { MaxDepth = maxDepth });
            reader.Read();
            // Null is what generated clients send that cannot leave a body out.
            Problem? problem = reader.TokenType == JsonTokenType.Null ? null : parser(ref reader, target);
            if (problem is not null) return problem;
            // A value after the end is an error that the reader throws.
            while (reader.Read())
            {
            }

            return null;
        }
        catch (JsonException malformed)
        {
            return Malformed(malformed);
        }
    }

    public static Problem Malformed(JsonException malformed) => new(
        ProblemKind.MalformedJson,
        $"The JSON is malformed at line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine}: " +
        malformed.Message.Split(" LineNumber:", 2)[0]);

    /// <summary>Which of the known fields the property is. Unknown and repeated ones are blamed: -1.</summary>
    /// <param name="parent">The pointer to the object; empty for the root.</param>
    public static int Field(
        ref Utf8JsonReader json, FieldNames known, ref uint seen, ref Problem? problem, string parent = "")
    {
        int index = known.IndexOf(ref json);
        if (index < 0)
        {
            Problem.Blame(ref problem, $"{parent}/{Escape(Name(ref json))}", $"is not a known field. Known: {known}.");
            return -1;
        }

        if ((seen & (1u << index)) != 0)
        {
            Problem.Blame(ref problem, $"{parent}/{known[index]}", "is given twice.");
            return -1;
        }

        seen |= 1u << index;
        return index;
    }

    /// <summary>Whether the value is null, which counts as left out: generated clients send it for what was not set.
    /// </summary>
    public static bool IsLeftOut(ref Utf8JsonReader json, int field, ref uint seen)
    {
        if (field < 0 || json.TokenType != JsonTokenType.Null) return false;
        seen &= ~(1u << field);
        return true;
    }

    /// <summary>An integer within a range; the reader stands on its value.</summary>
    public static bool TryInteger(
        ref Utf8JsonReader json, long min, long max, string pointer, out long value, ref Problem? problem)
    {
        value = 0;
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out value) && value >= min && value <= max)
            return true;
        Problem.Blame(ref problem, pointer, $"must be an integer from {min} to {max}.");
        return false;
    }

    /// <summary>One of these names, in any case: what .NET's own converter makes of an enum in a generated client is
    /// `Fsync`.</summary>
    public static bool TryChoice(
        ref Utf8JsonReader json, string[] choices, string pointer, out int choice, ref Problem? problem)
    {
        string text = json.TokenType == JsonTokenType.String ? Name(ref json) : "";
        choice = Array.FindIndex(choices, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (choice >= 0) return true;
        Problem.Blame(ref problem, pointer, $"must be one of {string.Join(", ", choices)}.");
        return false;
    }

    /// <summary>The text of a string or property name; lone surrogates in escapes are blamed.</summary>
    public static bool TryText(ref Utf8JsonReader json, string pointer, out string text, ref Problem? problem)
    {
        text = "";
        if (json.TokenType != JsonTokenType.String)
        {
            Problem.Blame(ref problem, pointer, "must be a string.");
            return false;
        }

        try
        {
            text = json.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            Problem.Blame(ref problem, pointer, NotUnicode);
            return false;
        }
    }

    public const string NotUnicode = "is not valid Unicode: a surrogate stands alone.";

    /// <summary>The name of the property that the reader stands on.</summary>
    public static string Name(ref Utf8JsonReader json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }

    /// <summary>One step of a JSON pointer (RFC 6901).</summary>
    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static bool Is(string media, string expected) => media.Equals(expected, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Reads one JSON value, on whose first token the reader stands, into the target.</summary>
internal delegate Problem? JsonParser<in TTarget>(ref System.Text.Json.Utf8JsonReader json, TTarget target);
