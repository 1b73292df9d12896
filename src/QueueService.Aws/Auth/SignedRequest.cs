using Microsoft.AspNetCore.Http;

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

    private static string Decode(string text) =>
        Uri.UnescapeDataString(text.Replace('+', ' '));
}
