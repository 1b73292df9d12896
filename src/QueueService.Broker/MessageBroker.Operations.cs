using System.Buffers.Binary;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Broker;

/// <summary>Long work: it is created by one call, done by <see cref="RunOperations"/>, and can be watched and cancelled
/// meanwhile. All of it is in the log, so it goes on after a restart.</summary>
public sealed partial class MessageBroker
{
    /// <summary>All redrives together; a third to a half of what a small machine could do.</summary>
    private const int MaxMovedPerSecond = 200_000;

    private readonly Dictionary<OperationId, RedrivePace> _paces = [];

    /// <summary>Queues a redrive of a queue's messages. Answers also QueueNotFound, RedriveTargetNotFound,
    /// TooManyOperations, and RedriveActive when it is to be alone.</summary>
    public ValueTask<Result<Operation>> Redrive(
        QueueName name, RedriveRequest request, bool dryRun = false, IdempotencyToken? token = null) =>
        Submit(token, ReadOperation, (shard, command) =>
            OperationCommands.CreateRedrive(shard, command, name, request, dryRun));

    /// <summary>Removes all messages, leased ones too, in one commit. The operation is finished when it is answered.
    /// </summary>
    /// <param name="forgetsDuplicates">What was sent before may be sent again at once under the same deduplication ids,
    /// as in SQS.</param>
    public ValueTask<Result<Operation>> Purge(
        QueueName name, IdempotencyToken? token = null, bool forgetsDuplicates = false) =>
        Submit(token, ReadOperation, (shard, command) =>
            OperationCommands.Purge(shard, command, name, forgetsDuplicates));

    public ValueTask<Result<Operation>> GetOperation(OperationId id) =>
        Query<Operation>(shard => OperationCommands.Get(shard, id));

    /// <summary>Ends an operation after the page that it is at; what it has done stays done. Answers also
    /// OperationNotFound, OperationFinished.</summary>
    public ValueTask<Result<Operation>> CancelOperation(OperationId id) =>
        Submit<Operation>((shard, command) => OperationCommands.Cancel(shard, command, id));

    /// <summary>The newest first; null filters let everything through.</summary>
    public ValueTask<Result<OperationPage>> ListOperations(
        OperationStatus? status, OperationKind? kind, OperationId? before, int limit) =>
        ListOperations(new OperationListing(before, limit) { Status = status, Kind = kind });

    public ValueTask<Result<OperationPage>> ListOperations(OperationListing listing) =>
        Query<OperationPage>(shard => OperationCommands.List(shard, listing));

    /// <summary>Starts an import. Every start needs its <see cref="EndImport"/>; one that is replayed has begun
    /// earlier.</summary>
    public ValueTask<Result<Operation>> BeginImport(QueueName name, bool dryRun, IdempotencyToken? token = null) =>
        Submit(token, ReadOperation, (shard, command) =>
            OperationCommands.BeginImport(shard, command, name, dryRun));

    /// <summary>Adds the messages of some lines. The batch stays the caller's. Answers also OperationFinished (it was
    /// cancelled) and QueueNotFound.</summary>
    public ValueTask<Result<ImportOutcome>> Import(OperationId id, ImportedLines lines) =>
        Submit<ImportOutcome>((shard, command) => Imports.Add(shard, command, id, lines));

    /// <summary>Ends an import; one whose lines did not all come has failed.</summary>
    /// <param name="token">That of its start. The note of one that is whole is kept with the operation as it ended: see
    /// <see cref="FindImport"/>.</param>
    public ValueTask<Result<Operation>> EndImport(OperationId id, bool whole, IdempotencyToken? token = null) =>
        Submit<Operation>((shard, command) => Imports.End(shard, command, id, whole ? token : null, whole));

    /// <summary>How an import that began with this token ended; null when it did not, or not by itself.</summary>
    public async ValueTask<Result<EndedImport?>> FindImport(IdempotencyToken token)
    {
        Result<byte[]?> kept = await Recall(token.OfNote);
        if (!kept.Succeeded) return kept.Error;
        if (kept.Value is not { } outcome) return default(EndedImport?);
        int length = BinaryPrimitives.ReadInt32LittleEndian(outcome);
        return new EndedImport(ReadOperation(outcome.AsSpan(4, length)), outcome.AsMemory(4 + length));
    }

    /// <summary>Goes on with all operations, a page of each in turn, until nothing is left to do now. One call at a
    /// time.</summary>
    /// <returns>Messages moved.</returns>
    public async Task<long> RunOperations(CancellationToken cancellation)
    {
        long moved = 0;
        for (bool more = true; more && !cancellation.IsCancellationRequested;)
        {
            more = false;
            long began = _time.GetTimestamp();
            long before = moved;
            List<OperationId> due = await Ask<List<OperationId>>(OperationCommands.Due, []);
            foreach (OperationId gone in _paces.Keys.Except(due).ToList()) _paces.Remove(gone);
            foreach (OperationId id in due)
            {
                (long page, bool goOn) = await RedrivePage(id);
                moved += page;
                more |= goOn;
            }

            if (more) await LetOthersIn(began, moved - before, cancellation);
        }

        return moved;
    }

    /// <summary>The names of the periodic jobs that are paused.</summary>
    public ValueTask<IReadOnlyCollection<string>> PausedJobs() =>
        Ask<IReadOnlyCollection<string>>((shard, _) => [.. shard.Operations.PausedJobs], []);

    /// <summary>Notes that a periodic job is paused, or is not any more. Also when nothing changes, if there is a
    /// token: a repeated request must not undo what another did in between.</summary>
    /// <returns>Whether it is paused.</returns>
    public ValueTask<Result<bool>> PauseJob(string job, bool paused, IdempotencyToken? token = null) =>
        Submit<bool>(token, static outcome => outcome[0] == 1, (shard, command) =>
        {
            if (token is null && shard.Operations.PausedJobs.Contains(job) == paused) return paused;
            shard.Store.BeginFrame();
            shard.WriteJob(job, paused);
            shard.EndFrame([paused ? (byte)1 : (byte)0]);
            command.Wrote = true;
            return paused;
        });

    private static Operation ReadOperation(ReadOnlySpan<byte> outcome)
    {
        var reader = new SpanReader(outcome);
        return OperationFormat.Read(ref reader);
    }

    /// <summary>The commits of everybody else wait behind the pages of a redrive: it waits in its turn, at least half
    /// as long as its pages took.</summary>
    private async Task LetOthersIn(long began, long moved, CancellationToken cancellation)
    {
        TimeSpan took = _time.GetElapsedTime(began);
        TimeSpan paced = TimeSpan.FromSeconds((double)moved / MaxMovedPerSecond) - took;
        TimeSpan wait = paced > took / 2 ? paced : took / 2;

        // Where time stands still, in a simulation, nobody else is there either.
        if (took > TimeSpan.Zero)
            await Task.Delay(wait, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<(long Moved, bool GoOn)> RedrivePage(OperationId id)
    {
        if (!_paces.TryGetValue(id, out RedrivePace? pace)) _paces.Add(id, pace = new RedrivePace());
        RedriveSelection? selected =
            await Ask<RedriveSelection?>((shard, command) => Redrives.Select(shard, command, id, pace));
        if (selected is null) return (0, false);
        using RedriveSelection selection = selected;
        using RedrivePage page = selection.Read();
        (long Moved, bool GoOn) outcome =
            await Ask<(long, bool)>((shard, command) => Redrives.Move(shard, command, selection, page));
        pace.Take(outcome.Moved);
        await ReportDamage(selection.Messages);
        return outcome;
    }
}
