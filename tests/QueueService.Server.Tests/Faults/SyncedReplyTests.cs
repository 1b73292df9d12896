using System.Globalization;

namespace QueueService.Server.Tests.Faults;

/// <summary>R7: the syscall audit. Killing a process never loses the page cache, so only this shows the sync.</summary>
[Collection(ProcessTests.Name)]
public sealed class SyncedReplyTests
{
    private const int Connections = 8;

    [Fact]
    public async Task No_write_is_confirmed_before_the_sync_that_covers_it()
    {
        int writes = ProcessTests.Soak ? 50_000 : 500;
        using var directory = new ScratchDirectory();
        string trace = directory.File("trace");
        await using (ServerProcess server =
            await ServerProcess.Start(directory.Data, SyncAudit.StraceArguments(trace)))
        {
            using var client = new QueueClient(server.Address, "audited");
            Assert.True((await client.Create()).Succeeded);
            await Task.WhenAll(Enumerable.Range(0, Connections).Select(connection =>
                Write(server.Address, connection, writes / Connections)));
            await server.Terminate();
            // The end of the traced process is also the end of the trace.
            Assert.Equal(0, await server.Exit(TimeSpan.FromSeconds(30)));
        }

        var audit = new SyncAudit(SystemCallTrace.Parse(await File.ReadAllLinesAsync(trace)));
        Assert.Equal(writes / Connections * Connections, audit.Replies);
        Assert.Empty(audit.Violations);
    }

    private static async Task Write(Uri server, int connection, int count)
    {
        using var client = new QueueClient(server, "audited");
        for (int i = 0; i < count; i++)
        {
            string marker = string.Create(CultureInfo.InvariantCulture, $"audit-{(connection * count) + i:D6}");
            Answer answer = await client.Send(marker);
            Assert.True(answer.Succeeded, answer.ToString());
        }
    }
}
