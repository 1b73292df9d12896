using System.Net;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Faults;

/// <summary>R13: SIGTERM while hundreds of readers wait and writers write.</summary>
[Collection(ProcessTests.Name)]
public sealed class CrowdedShutdownTests : IDisposable
{
    private const int Writers = 8;

    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);

    private readonly ScratchDirectory _directory = new();

    private static int Readers => ProcessTests.Soak ? 1_000 : 250;

    [Fact]
    public async Task Hundreds_of_live_readers_long_polls_and_writers_at_once_are_all_told_and_nothing_is_lost()
    {
        List<string> confirmed;
        await using (ServerProcess server = await ServerProcess.Start(_directory.Data))
        {
            using var client = new QueueClient(server.Address, "busy");
            using var idle = new QueueClient(server.Address, "idle");
            Assert.True((await client.Create()).Succeeded);
            Assert.True((await idle.Create()).Succeeded);
            EventReader[] readers = await OpenAll(server.Address);
            Task<(Answer Answer, Delivery[] Messages, int[] Statuses)>[] polls =
                [.. Enumerable.Range(0, Readers).Select(_ => idle.Receive(10, "60s", "30s"))];
            Task<bool>[] told = [.. readers.Select(ReadToTheEnd)];

            // As many messages as readers can hold, and more: every reader has one when the server goes.
            int sent = 0;
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<List<string>>[] writers =
            [
                .. Enumerable.Range(0, Writers).Select(
                    writer => ShutdownTests.WriteUntilGone(server.Address, writer, Count)),
            ];
            Assert.Same(enough.Task, await Task.WhenAny([enough.Task, .. writers]));
            await server.Terminate();
            Assert.Equal(0, await server.Exit(ExitLimit));

            confirmed = [.. (await Task.WhenAll(writers)).SelectMany(static bodies => bodies)];
            Assert.DoesNotContain(false, await Task.WhenAll(told));
            foreach ((Answer answer, Delivery[] messages, _) in await Task.WhenAll(polls))
            {
                Assert.Equal(HttpStatusCode.OK, answer.Status);
                Assert.Empty(messages);
            }

            foreach (EventReader reader in readers) reader.Dispose();

            void Count()
            {
                if (Interlocked.Increment(ref sent) == 2 * Readers) enough.SetResult();
            }
        }

        await using ServerProcess next = await ServerProcess.Start(_directory.Data);
        HashSet<string> found = await ShutdownTests.ReceiveAll(next.Address, "busy");
        Assert.Empty(confirmed.Except(found));
    }

    public void Dispose() => _directory.Dispose();

    private static Task<EventReader[]> OpenAll(Uri address) => Task.WhenAll(Enumerable.Range(0, Readers).Select(
        _ => EventReader.Open(address, "/v1/queues/busy/sse?prefetch=1&visibilityTimeout=12h")));

    /// <summary>Whether the server said goodbye.</summary>
    private static async Task<bool> ReadToTheEnd(EventReader reader)
    {
        bool told = false;
        while (await reader.Read() is { } fields) told |= fields.GetValueOrDefault("event") == "drain";
        return told;
    }
}
