namespace QueueService.Server.Tests.Faults;

/// <summary>The commands that look into the data directory of a stopped server.</summary>
[Collection(ProcessTests.Name)]
public sealed class InspectionTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ScratchDirectory _directory = new();

    [Fact]
    public async Task The_directory_of_a_running_server_is_refused_and_that_of_a_stopped_one_is_read()
    {
        await using (ServerProcess server = await ServerProcess.Start(_directory.Data))
        {
            using var client = new QueueClient(server.Address, "orders");
            Assert.True((await client.Create()).Succeeded);
            Assert.True((await client.Send("hello inspector")).Succeeded);
            (int busy, string refusal) = await Run("verify", _directory.Data);
            Assert.Equal(2, busy);
            Assert.Contains("in use by another process", refusal, StringComparison.Ordinal);
            await server.Terminate();
            Assert.Equal(0, await server.Exit(Limit));
        }

        (int verified, string findings) = await Run("verify", _directory.Data);
        Assert.True(verified == 0, findings);
        Assert.Contains("SOUND: A start continues from generation", findings, StringComparison.Ordinal);
        Assert.Contains("replays 0 frames", findings, StringComparison.Ordinal);

        (int dumped, string frames) = await Run("dump", _directory.Data, "journal");
        Assert.True(dumped == 0, frames);
        Assert.Contains("frame 1 ", frames, StringComparison.Ordinal);

        // The first queue is resource 1; its message rides in the snapshot of the orderly stop.
        (int logged, string records) = await Run("dump", _directory.Data, "0000000001-0");
        Assert.True(logged == 0, records);
        Assert.Contains("hello inspector", records, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_does_not_exist_is_refused_and_not_created()
    {
        (int exit, string refusal) = await Run("verify", _directory.Data);
        Assert.Equal(2, exit);
        Assert.Contains("There is no directory", refusal, StringComparison.Ordinal);
        Assert.Equal(2, (await Run("dump", _directory.Data, "journal")).Exit);
        Assert.False(Directory.Exists(_directory.Data));
    }

    [Fact]
    public async Task A_directory_of_something_else_is_refused_and_left_as_it_is()
    {
        (int exit, string refusal) = await Run("verify", _directory.Path);
        Assert.Equal(2, exit);
        Assert.Contains("is no data directory", refusal, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    public void Dispose() => _directory.Dispose();

    private static async Task<(int Exit, string Output)> Run(params string[] arguments)
    {
        await using ServerProcess command = ServerProcess.Run(null, [], arguments);
        return (await command.Exit(Limit), command.Output);
    }
}
