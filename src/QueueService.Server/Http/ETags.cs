using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using QueueService.Broker.Queues;

namespace QueueService.Server.Http;

/// <summary>Strong entity tags and the preconditions made of them (RFC 9110, section 13).</summary>
internal static class ETags
{
    public static string Quote(string etag) => $"\"{etag}\"";

    public static Precondition Read(HttpContext http, ref Problem? problem)
    {
        IHeaderDictionary headers = http.Request.Headers;
        if (headers.IfMatch.Count == 0 && headers.IfNoneMatch.Count == 0) return Precondition.None;

        bool mustNotExist = headers.IfNoneMatch.Count > 0;
        if (mustNotExist && !string.Equals(headers.IfNoneMatch.ToString().Trim(), "*", StringComparison.Ordinal))
            Problem.Blame(ref problem, "If-None-Match", "must be *: it is created only when it does not exist.");
        return new Precondition(IfMatch(headers.IfMatch, ref problem), mustNotExist);
    }

    private static List<string>? IfMatch(StringValues header, ref Problem? problem)
    {
        if (header.Count == 0) return null;
        if (!EntityTagHeaderValue.TryParseList(header, out IList<EntityTagHeaderValue>? tags))
        {
            Problem.Blame(ref problem, "If-Match", "must be * or a list of entity tags, each in double quotes.");
            return null;
        }

        List<string> strong = [];
        foreach (EntityTagHeaderValue tag in tags)
        {
            // A weak tag never matches: If-Match compares strongly.
            if (!tag.IsWeak) strong.Add(tag.Tag.Value is "*" ? "*" : tag.Tag.ToString().Trim('"'));
        }

        return strong;
    }
}
