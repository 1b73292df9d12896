using Microsoft.Extensions.DependencyInjection;
using QueueService.Server.Jobs;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Jobs;

public sealed class JobStopTests : IAsyncLifetime
{
    private readonly LiveServer _server = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Jobs_end_before_the_broker_also_when_connections_have_used_up_the_time_of_the_stop()
    {
        await _server.Services.GetRequiredService<JobHost>().StopAsync(new CancellationToken(canceled: true));
        List<JobState> jobs = await _server.Services.GetRequiredService<JobHost>().List();
        Assert.All(jobs, static job => Assert.False(job.Running));
        Assert.Equal(200, (await _server.Api.Get("/v1/queues")).Status);
    }
}
