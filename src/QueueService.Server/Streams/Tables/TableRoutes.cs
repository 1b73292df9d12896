using System.Text;
using Microsoft.AspNetCore.Http.Features;
using QueueService.Broker.Streams;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Tables;

/// <summary>The table of a compacted stream: the newest value of each key.</summary>
internal static class TableRoutes
{
    public const string Table = StreamRoutes.Stream + "/table";
    public const string Value = Table + "/{**key}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        ScanTable.Map(routes);
        GetTableValue.Map(routes);
    }

    /// <summary>The key that the path names: all that follows, slashes included, escaped or not.</summary>
    public static string TableKey(this HttpContext http, ref Problem? problem)
    {
        string key = http.PathValue("key");

        // Routing leaves %2F as it is, so that it could not be told from an escaped %252F.
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        string[] parts = target.Split('/', 6);
        if (target.StartsWith('/') && parts.Length == 6) key = Uri.UnescapeDataString(parts[5]);
        if (key.Length == 0 || Encoding.UTF8.GetByteCount(key) > StreamLimits.KeyBytes)
            Problem.Blame(ref problem, "key", $"in the path must be 1 to {StreamLimits.KeyBytes} bytes of UTF-8.");
        return key;
    }
}
