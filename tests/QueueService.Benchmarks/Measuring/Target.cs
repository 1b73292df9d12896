using System.Net.Http.Json;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Measuring;

/// <summary>A queue on a server.</summary>
internal sealed record Target(string Name, ServerProcess Server, string Queue)
{
    private Uri QueuePath => new($"v1/queues/{Queue}", UriKind.Relative);

    /// <summary>Leases must outlive a run: a redelivery would look like a message.</summary>
    public async Task CreateQueueAsync(CancellationToken cancellation, string type = "standard")
    {
        using HttpResponseMessage reply = await Server.Client.PutAsJsonAsync(
            QueuePath, new Dictionary<string, object> { ["visibilityTimeoutSeconds"] = 300, ["type"] = type }, cancellation);
        await CheckAsync(reply, cancellation);
    }

    public async Task DeleteQueueAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage reply = await Server.Client.DeleteAsync(QueuePath, cancellation);
        await CheckAsync(reply, cancellation);
    }

    private async Task CheckAsync(HttpResponseMessage reply, CancellationToken cancellation)
    {
        if (reply.IsSuccessStatusCode) return;
        string problem = await reply.Content.ReadAsStringAsync(cancellation);
        throw new BenchmarkException(
            $"{Name}: {reply.RequestMessage?.Method} {QueuePath} answered {(int)reply.StatusCode} {problem}");
    }
}
