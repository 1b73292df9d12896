using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Operations;

internal static class OperationWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Watches the operation that an answer names until it has ended.</summary>
    public static async Task<JsonNode> Finished(this Api api, Answer created)
    {
        Assert.Equal(202, created.Status);
        for (int polls = 0; polls < 1_000; polls++)
        {
            JsonNode operation = (await api.Get(created.Headers["Location"])).Json;
            if (operation["finishedAt"] is not null) return operation;
            // The server has its own clock: there is none to advance.
            await Task.Delay(Pause, TimeProvider.System);
        }

        throw new TimeoutException(created.Text);
    }
}
