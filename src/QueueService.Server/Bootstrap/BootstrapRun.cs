using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Bootstrap;

/// <summary>Applies declarations before the server listens. Queues that are not declared are left alone.</summary>
internal static class BootstrapRun
{
    /// <exception cref="BootstrapException">A declaration contradicts another one or what exists.</exception>
    public static async Task Apply(MessageBroker broker, IReadOnlyList<DeclaredQueue> declared, ILogger log)
    {
        Result<IReadOnlyList<QueuePlan>> planned =
            await broker.PlanQueues([.. declared.Select(static queue => queue.Declaration)]);
        if (!planned.Succeeded) throw new BootstrapException([BrokerProblems.Of(planned.Error).Detail]);
        Dictionary<QueueName, DeclaredQueue> byName = declared.ToDictionary(static queue => queue.Name);
        string[] errors = [.. planned.Value.SelectMany(plan => Errors(plan, byName[plan.Declaration.Name]))];
        if (errors.Length > 0) throw new BootstrapException(errors);
        foreach (QueuePlan plan in planned.Value) Report(plan, byName[plan.Declaration.Name].Changes, log);
        BrokerError failed = await broker.ApplyPlan(planned.Value);
        if (failed != BrokerError.None) throw new BootstrapException([BrokerProblems.Of(failed).Detail]);
    }

    private static IEnumerable<string> Errors(QueuePlan plan, DeclaredQueue declared)
    {
        foreach (BrokerError error in plan.Errors)
        {
            if (error == BrokerError.ImmutableField)
            {
                Problem conflict = declared.Changes.Conflict(plan.Existing!, replaces: true);
                foreach ((string where, string message) in conflict.Errors)
                    yield return $"{declared.File} {declared.Pointer}{where}: {message}";
                continue;
            }

            ProblemKind kind = BrokerProblems.Kind(error);
            string field = error == BrokerError.TooManyQueues ? "" : "/redrivePolicy/deadLetterQueue";
            yield return $"{declared.File} {declared.Pointer}{field}: {kind.Title}. {kind.Remedy}";
        }
    }

    private static void Report(QueuePlan plan, QueueChanges changes, ILogger log)
    {
        string queue = plan.Declaration.Name.Value;
        if (plan.Existing is null) log.BootstrapCreates(queue);
        else if (!plan.IsChange) log.BootstrapKeeps(queue);
        else
        {
            log.BootstrapChanges(
                queue, string.Join(", ", changes.Differences(plan.Existing, plan.Declaration.Config)));
        }
    }
}
