using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace QueueService.Aws.Auth;

/// <summary>What of a request a signature covers.</summary>
/// <param name="Path">As it was sent: still percent-encoded.</param>
/// <param name="Query">As it was sent, without the question mark.</param>
internal readonly record struct SignedRequest(
    string Method, string Path, string Query, IHeaderDictionary Headers)
{
    /// <summary>The parameters of the query, decoded; a plus sign is a space, as in forms.</summary>
    public List<(string Name, string Value)> ReadQuery()
    {
        List<(string Name, string Value)> parameters = [];
        foreach (string part in Query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? part : part[..equals];
            parameters.Add((Decode(name), equals < 0 ? "" : Decode(part[(equals + 1)..])));
        }

        return parameters;
    }

    /// <summary>A proxy may be called with the whole address in the first line: its path is what is signed.</summary>
    public static SignedRequest Of(HttpContext http)
    {
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int host = target.IndexOf("://", StringComparison.Ordinal);
        if (!target.StartsWith('/') && host >= 0)
        {
            int path = target.IndexOf('/', host + 3);
            target = path < 0 ? "/" : target[path..];
        }

        int question = target.IndexOf('?', StringComparison.Ordinal);
        return new SignedRequest(
            http.Request.Method, question < 0 ? target : target[..question],
            question < 0 ? "" : target[(question + 1)..], http.Request.Headers);
    }

    private static string Decode(string text) =>
        Uri.UnescapeDataString(text.Replace('+', ' '));
}
