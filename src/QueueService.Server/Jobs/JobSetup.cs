using Quartz;
using QueueService.Server.Hosting;

namespace QueueService.Server.Jobs;

internal static class JobSetup
{
    /// <summary>Adds the jobs; called after the broker is added, so that they start after it and end before
    /// it.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddQuartz(quartz =>
        {
            quartz.UseInMemoryStore();
            quartz.UseDefaultThreadPool(JobList.All.Count);

            // Not the clock that tests move: with that one the scheduler stands still or spins, for what it waits for
            // is real.
            quartz.UseTimeProvider(JobHost.Clock);
        });
        services.AddSingleton<JobHost>();
        if (!ServerSetup.IsDescribing) services.AddHostedService(provider => provider.GetRequiredService<JobHost>());
    }
}
