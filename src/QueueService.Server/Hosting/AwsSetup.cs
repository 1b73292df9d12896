using QueueService.Aws;
using QueueService.Server.Jobs;

namespace QueueService.Server.Hosting;

/// <summary>Serves the AWS protocols beside our own.</summary>
internal static class AwsSetup
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        JobHost jobs = routes.ServiceProvider.GetRequiredService<JobHost>();
        BrokerHost host = routes.ServiceProvider.GetRequiredService<BrokerHost>();
        AwsRoutes.Map(routes, new AwsHost
        {
            Options = host.Options.Aws,
            Time = host.Time,
            OpenBroker = () => host.OpenBroker,
            Bodies = host.Bodies,
            ReportFailure = host.ReportFailure,
            ReportDamage = host.ReportDamage,
            Sns = host.Sns,
            HastenOperations = () => jobs.Hasten(JobList.Operations),
        });
        SnsCertificate.Map(routes, host);
    }
}
