using Quartz;

namespace QueueService.Server.Jobs;

/// <summary>What Quartz.NET calls. Two runs of one job never overlap.</summary>
[DisallowConcurrentExecution]
internal sealed class JobRun(JobHost host) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        new(host.Run(context.JobDetail.Key.Name, cancellationToken));
}
