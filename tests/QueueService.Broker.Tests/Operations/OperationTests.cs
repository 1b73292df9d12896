using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Operations;

public sealed class OperationTests : IDisposable
{
    private readonly RedriveBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_redrive_goes_on_after_a_crash_and_moves_nothing_twice(bool power)
    {
        const int Count = 1_300;
        _bench.SendDead(Count);
        OperationId id = _bench.TryRedrive().Value.Id;
        int crashes = 0;
        for (ulong seed = 1; _bench.Get(id).IsActive; seed++)
        {
            Assert.True(seed < 100, "It never ends.");
            long before = _bench.Get(id).Done;
            _ = BrokerHarness.Begin(() => new ValueTask<long>(_bench.Broker.RunOperations(CancellationToken.None)));
            for (ulong turns = 1 + (seed % 5); turns > 0; turns--) _bench.Harness.Turn();
            if (power) _bench.Harness.CutPowerAndRestart(seed);
            else _bench.Harness.KillAndRestart();
            crashes++;
            Assert.True(_bench.Get(id).Done >= before);
            Assert.Equal(_bench.Get(id).Affected, _bench.Browse("jobs").Count);
            Assert.Equal(Count, _bench.Browse("jobs").Count + _bench.Browse("dead").Count);
        }

        Assert.True(crashes > 3, $"{crashes} crashes");
        Operation done = _bench.Get(id);
        Assert.Equal((OperationStatus.Succeeded, Count), (done.Status, done.Affected));
        Assert.Equal(Count, _bench.Browse("jobs").Select(static message => message.Id).Distinct().Count());
    }

    [Fact]
    public void A_cancelled_operation_stops_after_its_page_and_cannot_be_cancelled_again()
    {
        _bench.SendDead(1_200);
        OperationId id = _bench.TryRedrive(rate: 100).Value.Id;
        _bench.RunOperations();
        _bench.Harness.AdvanceMilliseconds(1_000);
        _bench.RunOperations();
        Result<Operation> cancelled = _bench.Harness.Run(() => _bench.Broker.CancelOperation(id));
        Assert.Equal((OperationStatus.Cancelled, 100), (cancelled.Value.Status, cancelled.Value.Affected));
        _bench.Harness.AdvanceMilliseconds(1_000);
        _bench.RunOperations();
        Assert.Equal(1_100, _bench.Browse("dead").Count);
        Assert.Equal(BrokerError.OperationFinished, _bench.Harness.Run(() => _bench.Broker.CancelOperation(id)).Error);
        Assert.Equal(
            BrokerError.OperationNotFound,
            _bench.Harness.Run(() => _bench.Broker.CancelOperation(new OperationId(99))).Error);
        _bench.Harness.KillAndRestart();
        Assert.Equal(
            cancelled.Value with { Redrive = null, Until = [] }, _bench.Get(id) with { Redrive = null, Until = [] });
    }

    [Fact]
    public void A_page_that_was_selected_before_the_cancelling_or_a_purge_is_not_moved()
    {
        _bench.SendDead(5);
        OperationId cancelled = _bench.TryRedrive().Value.Id;
        Interrupt(() => _bench.Broker.CancelOperation(cancelled));
        Assert.Equal((5, 0), (_bench.Browse("dead").Count, _bench.Browse("jobs").Count));
        OperationId purged = _bench.TryRedrive().Value.Id;
        Interrupt(() => _bench.Broker.Purge(BrokerHarness.Name("dead")));
        Assert.Equal((0, 0), (_bench.Browse("dead").Count, _bench.Browse("jobs").Count));
        Assert.Equal((OperationStatus.Succeeded, 0), (_bench.Get(purged).Status, _bench.Get(purged).Affected));
    }

    [Fact]
    public void The_newest_operation_is_listed_first_and_filters_choose()
    {
        OperationId[] purges = [.. Enumerable.Range(0, 5).Select(_ => Purge().Id)];
        OperationId redrive = _bench.TryRedrive().Value.Id;
        Assert.Equal([redrive, .. purges.Reverse()], List());
        Assert.Equal([redrive], List(status: OperationStatus.Queued));
        Assert.Equal(purges.Reverse(), List(kind: OperationKind.Purge));
        OperationPage first =
            _bench.Harness.Run(() => _bench.Broker.ListOperations(null, OperationKind.Purge, null, 2)).Value;
        Assert.Equal([purges[4], purges[3]], first.Operations.Select(static operation => operation.Id));
        OperationPage second = _bench.Harness.Run(() =>
            _bench.Broker.ListOperations(null, OperationKind.Purge, first.Next, 3)).Value;
        Assert.Equal([purges[2], purges[1], purges[0]], second.Operations.Select(static operation => operation.Id));
        Assert.Null(second.Next);
    }

    [Fact]
    public void As_many_as_may_be_are_active_and_the_oldest_finished_ones_are_forgotten()
    {
        OperationId first = Purge().Id;
        for (int i = 0; i < OperationLimits.Active; i++) Assert.True(_bench.TryRedrive().Succeeded);
        Assert.Equal(BrokerError.TooManyOperations, _bench.TryRedrive().Error);
        for (int i = OperationLimits.Active + 1; i < OperationLimits.Kept; i++) Purge();
        Assert.Equal(first, _bench.Get(first).Id);
        Purge();
        Assert.Equal(BrokerError.OperationNotFound, _bench.Harness.Run(() => _bench.Broker.GetOperation(first)).Error);
        Assert.Equal(OperationLimits.Active, List(status: OperationStatus.Queued).Count);
        _bench.RunOperations();
        _bench.Harness.Advance(TimeSpan.FromDays(OperationLimits.KeptDays) + TimeSpan.FromMinutes(1));
        _bench.RunOperations();
        Assert.Empty(List());
        _bench.Harness.KillAndRestart();
        Assert.Empty(List());
        Assert.True(Purge().Id.Number > OperationLimits.Kept);
    }

    [Fact]
    public void A_purge_is_an_operation_that_is_done_at_once()
    {
        _bench.Send("a");
        _bench.Send("b");
        _bench.Receive("jobs", max: 1);
        Operation purge = Purge();
        Assert.Equal(
            (OperationKind.Purge, OperationStatus.Succeeded, 2, 2), (
                purge.Kind, purge.Status, purge.Affected, purge.Total));
        _bench.Harness.CutPowerAndRestart(7);
        Assert.Empty(_bench.Browse("jobs"));
        Assert.Equal(purge, _bench.Get(purge.Id));
    }

    [Fact]
    public void State_with_operations_comes_back_from_a_snapshot_and_from_the_journal()
    {
        _bench.SendDead(30);
        var filter = new MessageFilter
        {
            Attributes = [new("tenant", [new("acme"), new("7", IsNumber: true)])],
            Reason = "r", SourceQueue = "jobs", SentSince = 5, SentBefore = 7,
        };
        OperationId id = _bench.TryRedrive("mail", filter, limit: 3, rate: 5).Value.Id;
        _bench.Harness.Run(() => _bench.Broker.PauseJob("retention", paused: true));
        ulong hash = _bench.Broker.Shard.StateHash();
        _bench.Harness.CloseAndRestart();
        Assert.Equal(hash, _bench.Broker.Shard.StateHash());
        RedriveRequest request = _bench.Get(id).Redrive!;
        Assert.Equal(("mail", 3, 5), (request.Target, request.Limit, request.RatePerSecond));
        Assert.Equal(("r", "jobs", 5, 7), (
            request.Filter.Reason, request.Filter.SourceQueue, request.Filter.SentSince, request.Filter.SentBefore));
        Assert.Equal(
            [new AttributeValue("acme"), new AttributeValue("7", IsNumber: true)],
            Assert.Single(request.Filter.Attributes).Values);
        Assert.Equal(["retention"], _bench.Harness.Run(() => _bench.Broker.PausedJobs()));
        _bench.Harness.Run(() => _bench.Broker.PauseJob("retention", paused: false));
        _bench.Harness.KillAndRestart();
        Assert.Empty(_bench.Harness.Run(() => _bench.Broker.PausedJobs()));
    }

    /// <summary>Runs operations, and lets another call come between selecting and moving the first page.</summary>
    private void Interrupt<T>(Func<ValueTask<T>> between)
    {
        Task<long> run =
            BrokerHarness.Begin(() => new ValueTask<long>(_bench.Broker.RunOperations(CancellationToken.None)));
        _bench.Harness.Turn();
        Task<T> call = BrokerHarness.Begin(between);
        _bench.Harness.Run(() => new ValueTask<T>(call));
        _bench.Harness.Run(() => new ValueTask<long>(run));
    }

    private Operation Purge() => _bench.Harness.Run(() => _bench.Broker.Purge(BrokerHarness.Name())).Value;

    private List<OperationId> List(OperationStatus? status = null, OperationKind? kind = null) =>
        [.. _bench.Harness.Run(() => _bench.Broker.ListOperations(status, kind, null, 10_000)).Value.Operations
            .Select(static operation => operation.Id)];
}
