using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Topics;

namespace QueueService.Server.Bootstrap;

/// <summary>Applies declarations before the server listens. What is not declared is left alone.</summary>
internal sealed class BootstrapRun(BrokerHost host, ILogger log)
{
    private readonly List<string> _errors = [];

    /// <exception cref="BootstrapException">A declaration contradicts another one or what exists.</exception>
    public async Task Apply(IReadOnlyList<Declared> declared, CancellationToken cancellation)
    {
        List<QueueDeclaration> declarations = [];
        foreach (Declared one in declared)
        {
            if (await Complete(one, cancellation) is { } declaration) declarations.Add(declaration);
        }

        if (_errors.Count > 0) throw new BootstrapException(_errors);
        Result<IReadOnlyList<QueuePlan>> planned = await host.Broker.PlanQueues(declarations);
        if (!planned.Succeeded) throw new BootstrapException([BrokerProblems.Of(planned.Error).Detail]);
        Dictionary<QueueName, Declared> byName = declared.ToDictionary(static one => one.Name);
        foreach (QueuePlan plan in planned.Value) Judge(plan, byName[plan.Declaration.Name]);
        if (_errors.Count > 0) throw new BootstrapException(_errors);
        foreach (QueuePlan plan in planned.Value) Report(plan, byName[plan.Declaration.Name]);
        BrokerError failed = await host.Broker.ApplyPlan(planned.Value);
        if (failed != BrokerError.None) throw new BootstrapException([BrokerProblems.Of(failed).Detail]);
    }

    private async ValueTask<QueueDeclaration?> Complete(Declared one, CancellationToken cancellation)
    {
        if (one.Name.Kind != QueueKind.Subscription)
        {
            QueueConfig created = one.Changes.Create();
            return new QueueDeclaration(one.Name, created)
            {
                From = created.Subscription is null ? null : SubscriptionFields.StartOf(created),
            };
        }

        SubscriptionChange change = new(host, SubscriptionName.At(one.Name), one.Changes, replaces: true);
        (QueueConfig? config, Problem? problem) = await change.Declare(cancellation);
        foreach ((string where, string message) in problem?.Errors ?? []) Blame(one, where, message);
        return problem is null
            ? new QueueDeclaration(one.Name, config!) { From = SubscriptionFields.StartOf(config!) }
            : null;
    }

    private void Judge(QueuePlan plan, Declared declared)
    {
        foreach (BrokerError error in plan.Errors)
        {
            if (error == BrokerError.ImmutableField)
            {
                Problem conflict = declared.Changes.Conflict(plan.Existing!, replaces: true);
                foreach ((string where, string message) in conflict.Errors) Blame(declared, where, message);
                continue;
            }

            ProblemKind kind = BrokerProblems.Kind(error);
            string field = error switch
            {
                BrokerError.TooManyQueues => "",
                BrokerError.TargetQueueNotFound => "/target/queue",
                BrokerError.TargetStreamNotFound => "/target/stream",
                BrokerError.DeduplicationNotSupported => "/type",
                _ => "/redrivePolicy/deadLetterQueue",
            };
            Blame(declared, field, $"{kind.Title}. {kind.Remedy}");
        }
    }

    private void Blame(Declared declared, string where, string message) =>
        _errors.Add($"{declared.File} {declared.Pointer}{where}: {message}");

    private void Report(QueuePlan plan, Declared declared)
    {
        if (plan.Existing is null) log.BootstrapCreates(declared.Kind, declared.Title);
        else if (!plan.IsChange) log.BootstrapKeeps(declared.Kind, declared.Title);
        else
        {
            string fields = string.Join(", ", declared.Changes.Differences(plan.Existing, plan.Declaration.Config));
            log.BootstrapChanges(declared.Kind, declared.Title, fields);
        }
    }
}
