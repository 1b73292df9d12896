using System.Net.Http.Json;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Measuring;

/// <summary>A queue, or what takes messages like one, on a server.</summary>
internal sealed record Target(string Name, ServerProcess Server, string Queue)
{
    /// <summary>queues or topics.</summary>
    public string Kind { get; init; } = "queues";

    /// <summary>Without the slash in front.</summary>
    public string Path => $"v1/{Kind}/{Queue}";

    private Uri QueuePath => new(Path, UriKind.Relative);

    /// <summary>Leases must outlive a run: a redelivery would look like a message.</summary>
    public async Task CreateQueueAsync(CancellationToken cancellation, string type = "standard")
    {
        using HttpResponseMessage reply = await Server.Client.PutAsJsonAsync(
            QueuePath, new Dictionary<string, object> { ["visibilityTimeoutSeconds"] = 300, ["type"] = type },
            cancellation);
        await CheckAsync(reply, cancellation);
    }

    public async Task DeleteQueueAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage reply = await Server.Client.DeleteAsync(QueuePath, cancellation);
        await CheckAsync(reply, cancellation);
    }

    /// <summary>Creates it, or something below it.</summary>
    public async Task PutAsync(string path, object settings, CancellationToken cancellation)
    {
        using HttpResponseMessage reply =
            await Server.Client.PutAsJsonAsync(new Uri(Path + path, UriKind.Relative), settings, cancellation);
        await CheckAsync(reply, cancellation);
    }

    private async Task CheckAsync(HttpResponseMessage reply, CancellationToken cancellation)
    {
        if (reply.IsSuccessStatusCode) return;
        string problem = await reply.Content.ReadAsStringAsync(cancellation);
        throw new BenchmarkException(
            $"{Name}: {reply.RequestMessage?.Method} {reply.RequestMessage?.RequestUri} answered {(int)reply.StatusCode} {problem}");
    }
}
