using System.Buffers;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Operations;

/// <summary>Creating, listing, cancelling and forgetting operations, on the loop.</summary>
internal static class OperationCommands
{
    private const long KeptMilliseconds = OperationLimits.KeptDays * 86_400_000L;

    /// <summary>Queues a redrive; the total is what is there to be looked at.</summary>
    public static Result<Operation> CreateRedrive(
        Shard shard, PlainCommand<Result<Operation>> command, QueueName name, RedriveRequest request, bool dryRun)
    {
        if (shard.FindQueue(name) is not { } queue) return name.NotFound;
        if (request.Target is { } target && (target == name.Value || shard.FindQueue(target) is null))
            return BrokerError.RedriveTargetNotFound;
        if (request.IsAlone && shard.Operations.All.Any(other =>
            other is { IsActive: true, Kind: OperationKind.Redrive } && other.Resource == queue.Resource))
            return BrokerError.RedriveActive;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        QueueStats stats = queue.Stats(shard.Now, shard.Options.MaxInFlightPerQueue);
        return Create(shard, command, New(shard, queue, OperationKind.Redrive) with
        {
            Redrive = request,
            DryRun = dryRun,
            Until = [.. queue.Lanes.Select(static lane => lane.End)],
            Total = stats.Available + stats.Leased + stats.Delayed + stats.Blocked,
        });
    }

    /// <summary>Registers an import whose lines are about to come.</summary>
    public static Result<Operation> BeginImport(
        Shard shard, PlainCommand<Result<Operation>> command, QueueName name, bool dryRun)
    {
        if (shard.FindQueue(name) is not { } queue) return name.NotFound;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        Result<Operation> created = Create(shard, command, New(shard, queue, OperationKind.Import) with
        {
            Status = OperationStatus.Running,
            StartedAt = shard.Now,
            DryRun = dryRun,
        });
        if (created.Succeeded) shard.LiveImports.Add(created.Value.Id);
        return created;
    }

    /// <summary>Empties the queue and notes that, in one frame. Works on a full disk, as all that makes room.</summary>
    public static Result<Operation> Purge(
        Shard shard, PlainCommand<Result<Operation>> command, QueueName name, bool forgetsDuplicates)
    {
        if (shard.FindQueue(name) is not { } queue) return name.NotFound;
        long before = queue.DeletedTotal;
        shard.Store.BeginFrame();
        MessageBrowsing.WritePurge(shard, queue);
        if (forgetsDuplicates && queue.HasDuplicates) shard.Write(queue, QueueRecord.DuplicatesForgotten, []);
        long purged = queue.DeletedTotal - before;
        Operation operation = (New(shard, queue, OperationKind.Purge) with { Done = purged, Affected = purged })
            .Finish(OperationStatus.Succeeded, shard.Now);
        MakeRoom(shard);
        shard.Write(operation);
        EndFrame(shard, operation);
        command.Wrote = true;
        return operation;
    }

    public static Result<Operation> Get(Shard shard, OperationId id) =>
        shard.Operations.Find(id) is { } operation ? operation : BrokerError.OperationNotFound;

    public static Result<Operation> Cancel(Shard shard, PlainCommand<Result<Operation>> command, OperationId id)
    {
        if (shard.Operations.Find(id) is not { } operation) return BrokerError.OperationNotFound;
        if (!operation.IsActive) return BrokerError.OperationFinished;
        operation = operation.Finish(OperationStatus.Cancelled, shard.Now);
        Store(shard, operation);
        command.Wrote = true;
        return operation;
    }

    public static Result<OperationPage> List(Shard shard, OperationListing listing)
    {
        var page = new List<Operation>();
        foreach (Operation operation in shard.Operations.All.Reverse())
        {
            if (!listing.Wants(operation)) continue;
            if (page.Count == listing.Limit) return new OperationPage(page, page[^1].Id);
            page.Add(operation);
        }

        return new OperationPage(page, null);
    }

    /// <summary>The redrives that are to go on. Ends imports whose request is gone, and forgets what is old.</summary>
    public static List<OperationId> Due(Shard shard, PlainCommand<List<OperationId>> command)
    {
        var due = new List<OperationId>();
        foreach (Operation operation in shard.Operations.All.ToList())
        {
            if (operation.IsActive && operation.Kind == OperationKind.Redrive) due.Add(operation.Id);
            bool gone = operation.IsActive && operation.Kind == OperationKind.Import
                && !shard.LiveImports.Contains(operation.Id);
            bool old = !operation.IsActive && shard.Now - operation.FinishedAt > KeptMilliseconds;
            if (!gone && !old) continue;
            command.Wrote = true;
            shard.Store.BeginFrame();
            if (old) shard.Remove(operation.Id);
            else shard.Write(operation.Finish(OperationStatus.Failed, shard.Now, OperationProblem.Interrupted));
            shard.Store.EndFrame();
        }

        return due;
    }

    /// <summary>Writes an operation in a frame of its own.</summary>
    public static void Store(Shard shard, Operation operation)
    {
        shard.Store.BeginFrame();
        shard.Write(operation);
        shard.Store.EndFrame();
    }

    private static Result<Operation> Create(
        Shard shard, PlainCommand<Result<Operation>> command, Operation operation)
    {
        if (shard.Operations.All.Count(static other => other.IsActive) >= OperationLimits.Active)
            return BrokerError.TooManyOperations;
        shard.Store.BeginFrame();
        MakeRoom(shard);
        shard.Write(operation);
        EndFrame(shard, operation);
        command.Wrote = true;
        return operation;
    }

    /// <summary>What a repeated request with the same idempotency key answers is the operation as it was
    /// then.</summary>
    private static void EndFrame(Shard shard, Operation operation)
    {
        ArrayBufferWriter<byte> outcome = shard.OutcomeBuffer();
        OperationFormat.Write(outcome, operation);
        shard.EndFrame(outcome.WrittenSpan);
    }

    /// <summary>The finished one that is the oldest goes: there is one, because fewer may be active than are kept.
    /// </summary>
    private static void MakeRoom(Shard shard)
    {
        if (shard.Operations.Count >= OperationLimits.Kept)
            shard.Remove(shard.Operations.All.First(static operation => !operation.IsActive).Id);
    }

    private static Operation New(Shard shard, MessageQueue queue, OperationKind kind) => new()
    {
        Id = new OperationId(shard.Operations.NextNumber),
        Kind = kind,
        Queue = queue.Name,
        Resource = queue.Resource,
        CreatedAt = shard.Now,
    };
}
