using System.IO.Pipelines;
using QueueService.Broker.Queues;

namespace QueueService.Server.Http;

/// <summary>How answers leave: with a length and in one write.</summary>
internal static class Answers
{
    public const string Json = "application/json";

    public const string DurabilityHeader = "Message-Durability";

    /// <summary>Sends what was written and gives the buffer back.</summary>
    public static Task Answer(this HttpContext http, int status, string contentType, JsonOutput output)
    {
        HttpResponse response = http.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = output.Length;
        ValueTask<FlushResult> flush = response.BodyWriter.WriteAsync(output.Written, CancellationToken.None);
        if (!flush.IsCompletedSuccessfully) return Finish(flush, output);
        output.Return();
        return Task.CompletedTask;

        static async Task Finish(ValueTask<FlushResult> flush, JsonOutput output)
        {
            await flush;
            output.Return();
        }
    }

    public static Task Answer(this HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>What the caller may rely on once it reads this answer.</summary>
    public static void Promise(this HttpContext http, Durability durability) =>
        http.Response.Headers[DurabilityHeader] = Name(durability);

    public static string Name(Durability durability) => durability switch
    {
        Durability.Fsync => "fsync",
        Durability.Os => "os",
        _ => "memory",
    };
}
