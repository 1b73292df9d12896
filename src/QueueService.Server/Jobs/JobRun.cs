using Quartz;

namespace QueueService.Server.Jobs;

/// <summary>What Quartz.NET calls. Two runs of one job never overlap.</summary>
[DisallowConcurrentExecution]
internal sealed class JobRun(JobHost host) : IJob
{
    /// <summary>Leaves the thread that brought the broker's last answer: it has others to give, which must not wait for
    /// what the scheduler does next.</summary>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await host.Run(context.JobDetail.Key.Name, cancellationToken);
        }
        finally
        {
            await Task.Yield();
        }
    }
}
