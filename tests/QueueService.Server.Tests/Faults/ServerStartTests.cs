using System.Net;

namespace QueueService.Server.Tests.Faults;

/// <summary>The program around the server: its lock, its working directory, its health sub-command.</summary>
[Collection(ProcessTests.Name)]
public sealed class ServerStartTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ScratchDirectory _directory = new();

    [Fact]
    public async Task A_second_server_on_the_same_directory_is_refused_and_says_why()
    {
        await using ServerProcess first = await ServerProcess.Start(_directory.Data);
        await using ServerProcess second = ServerProcess.Launch(_directory.Data);
        Assert.NotEqual(0, await second.Exit(Limit));
        Assert.Contains(_directory.Data, second.Output, StringComparison.Ordinal);
        Assert.Contains("in use by another process", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);

        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, await ServerProcess.Readiness(http, first.Address));
    }

    [Fact]
    public async Task The_lock_ends_with_a_killed_process()
    {
        await using (ServerProcess first = await ServerProcess.Start(_directory.Data))
            await first.KillNow();
        await using ServerProcess second = await ServerProcess.Start(_directory.Data);
        Assert.False(second.HasExited);
    }

    [Fact]
    public async Task It_starts_from_any_working_directory_with_its_own_settings_and_data_below_that_directory()
    {
        await using ServerProcess server = ServerProcess.Run(_directory.Path, [], "--urls", "http://127.0.0.1:0");
        Assert.True(await server.BecomesReady(), server.Output);
        Assert.True(Directory.Exists(_directory.Data), "./data is relative to where the operator stands");
    }

    [Fact]
    public async Task The_health_command_succeeds_for_a_ready_server()
    {
        await using ServerProcess server = await ServerProcess.Start(_directory.Data);
        Assert.Equal(0, await Health(server.Address));
    }

    [Fact]
    public async Task The_health_command_fails_when_nobody_answers()
    {
        Uri address;
        await using (ServerProcess server = await ServerProcess.Start(_directory.Data))
        {
            address = server.Address;
            await server.KillNow();
        }

        Assert.Equal(1, await Health(address));
    }

    public void Dispose() => _directory.Dispose();

    private static async Task<int> Health(Uri address)
    {
        await using ServerProcess health = ServerProcess.Run(null, [], "health", "--url", address.ToString());
        return await health.Exit(Limit);
    }
}
