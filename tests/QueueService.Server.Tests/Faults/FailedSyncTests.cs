using System.Globalization;
using System.Net;

namespace QueueService.Server.Tests.Faults;

/// <summary>R5: the k-th sync fails with EIO, for every k of a run, and the answers stay true.</summary>
[Collection(ProcessTests.Name)]
public sealed class FailedSyncTests : IDisposable
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(30);

    private readonly ScratchDirectory _directory = new();

    private static int Sends => ProcessTests.Soak ? 60 : 6;

    /// <summary>One directory for all k, so that every start but the first also recovers from the failure before it.
    /// </summary>
    [Theory]
    [InlineData("fdatasync", 4)]
    [InlineData("fsync", 0)]
    public async Task A_failed_sync_refuses_all_later_writes_until_a_restart_recovers_the_confirmed_ones(
        string call, int leastRefusals)
    {
        int refusals = 0;
        bool injected = true;
        for (int k = 1; injected; k++)
        {
            Assert.True(k <= 500, "strace never stops injecting");
            (injected, bool refused) = await FailOnce(call, k);
            refusals += refused ? 1 : 0;
        }

        Assert.True(refusals >= leastRefusals, $"only {refusals} of the failures hit a write");
    }

    /// <summary>A runtime that swallows the error: every sync "succeeds", also the one of the self-test.</summary>
    [Theory]
    [InlineData("fdatasync")]
    [InlineData("fsync")]
    public async Task A_machine_that_hides_failed_syncs_is_refused_at_start(string call)
    {
        await using ServerProcess server = ServerProcess.Launch(
            _directory.Data, "-o", _directory.File("trace"), "-e", "trace=" + call, "-e", $"inject={call}:retval=0");
        Assert.NotEqual(0, await server.Exit(ExitLimit));
        Assert.Contains(call, server.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>Whether the failure happened at all, and whether a write met it.</summary>
    private async Task<(bool Injected, bool Refused)> FailOnce(string call, int k)
    {
        string queue = string.Create(CultureInfo.InvariantCulture, $"{call}-{k}");
        string trace = _directory.File("trace-" + queue);
        List<string> confirmed = [];
        bool refused = false;
        await using (ServerProcess server = ServerProcess.Launch(
            _directory.Data, [.. SyncAudit.StraceArguments(trace), "-e", $"inject={call}:error=EIO:when={k}"]))
        {
            if (await server.BecomesReady())
            {
                refused = await SendUntilRefused(server, queue, confirmed);
                await server.KillNow();
            }
            else
            {
                Assert.NotEqual(0, await server.Exit(ExitLimit));
            }
        }

        string[] lines = await File.ReadAllLinesAsync(trace);
        var audit = new SyncAudit(SystemCallTrace.Parse(lines));
        Assert.Empty(audit.Violations);
        Assert.Equal(confirmed.Count, audit.Replies);
        await AllAreThereAfterARestart(queue, confirmed);
        return (lines.Any(line => line.EndsWith("(INJECTED)", StringComparison.Ordinal)), refused);
    }

    private static async Task<bool> SendUntilRefused(ServerProcess server, string queue, List<string> confirmed)
    {
        using var client = new QueueClient(server.Address, queue);
        Answer answer = await client.Create();
        for (int i = 0; answer.Succeeded && i < Sends; i++)
        {
            string body = string.Create(CultureInfo.InvariantCulture, $"audit-{i:D6}");
            answer = await client.Send(body);
            if (answer.Succeeded)
                confirmed.Add(body);
        }

        if (answer.Succeeded)
            return false;
        AssertStorageFailed(answer);
        AssertStorageFailed(await client.Send("later"));
        AssertStorageFailed((await client.Receive(1, "0s", "30s")).Answer);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ServerProcess.Readiness(client.Http, server.Address));
        return true;
    }

    private static void AssertStorageFailed(Answer answer)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Equal("storage-failed", answer.Problem);
    }

    private async Task AllAreThereAfterARestart(string queue, List<string> confirmed)
    {
        await using ServerProcess server = await ServerProcess.Start(_directory.Data);
        using var client = new QueueClient(server.Address, queue);
        Assert.True((await client.Create()).Succeeded);
        (Answer answer, Delivery[] messages, _) = await client.Receive(1000, "0s", "60s");
        Assert.True(answer.Succeeded, answer.ToString());
        Assert.Empty(confirmed.Except(messages.Select(message => message.Body)));
        await server.KillNow();
    }
}
