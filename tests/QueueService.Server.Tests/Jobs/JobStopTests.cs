using Microsoft.Extensions.DependencyInjection;
using Quartz;
using QueueService.Server.Jobs;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Jobs;

public sealed class JobStopTests : IAsyncLifetime
{
    private readonly LiveServer _server = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Jobs_end_in_order_also_when_connections_have_used_up_the_time_in_which_the_server_stops()
    {
        JobHost jobs = _server.Services.GetRequiredService<JobHost>();
        Assert.Equal(JobList.All.Count, (await jobs.List()).Count);
        await jobs.StopAsync(new CancellationToken(canceled: true));
        // Its scheduler says so.
        await Assert.ThrowsAsync<SchedulerException>(() => jobs.List().AsTask());
        Assert.Equal(200, (await _server.Api.Get("/v1/queues")).Status);
    }
}
