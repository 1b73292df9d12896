using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Operations;

public sealed class ImportTests : IDisposable
{
    private readonly RedriveBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Imported_messages_keep_their_time_of_sending_and_have_ids_of_their_own()
    {
        OperationId id = Begin();
        Assert.Equal(2, Import(id, 0, "one", "two").Value.Operation.Affected);
        Result<Operation> ended = _bench.Harness.Run(() => _bench.Broker.EndImport(id, whole: true));
        Assert.Equal((OperationStatus.Succeeded, 2, 2), (ended.Value.Status, ended.Value.Done, ended.Value.Total));
        List<RedriveBench.Seen> seen = _bench.Browse("jobs");
        Assert.Equal(["one", "two"], seen.Select(static message => message.Body));
        Assert.All(seen, static message => Assert.Equal(1_000, message.SentAt));
        Assert.Equal(2, seen.Select(static message => message.Id).Distinct().Count());
        Assert.Equal("two", BrokerHarness.Read(_bench.Find("jobs", seen[1].Id).Value).Single().Body);
        Assert.Equal(BrokerError.None, _bench.Delete("jobs", seen[0].Id));
        _bench.Sweep();
        Assert.Equal(["two"], _bench.Bodies("jobs"));
    }

    [Fact]
    public void What_is_too_large_for_the_queue_is_left_out_and_counted()
    {
        _bench.Harness.CreateQueue("jobs", new QueueConfig { MaxMessageBytes = 3 });
        OperationId id = Begin();
        ImportOutcome outcome = Import(id, 1, "one", "too large", "two").Value;
        Assert.Equal([false, true, false], outcome.TooLarge);
        Assert.Equal((4, 2), (outcome.Operation.Done, outcome.Operation.Affected));
        Assert.Equal(
            [(MessageFailure.TooLarge, 1L), (MessageFailure.InvalidLine, 1)],
            outcome.Operation.Failures.Select(static pair => (pair.Key, pair.Value)));
        Assert.Equal(["one", "two"], _bench.Bodies("jobs"));
    }

    [Fact]
    public void A_dry_run_adds_nothing()
    {
        OperationId id =
            _bench.Harness.Run(() => _bench.Broker.BeginImport(BrokerHarness.Name(), dryRun: true)).Value.Id;
        Assert.Equal(1, Import(id, 0, "one").Value.Operation.Affected);
        Assert.Empty(_bench.Browse("jobs"));
    }

    [Fact]
    public void After_a_crash_an_import_has_failed_and_says_how_many_lines_are_there()
    {
        OperationId id = Begin();
        Import(id, 0, "one", "two");
        _bench.RunOperations();
        Assert.True(_bench.Get(id).IsActive);
        _bench.Harness.CutPowerAndRestart(3);
        _bench.RunOperations();
        Operation failed = _bench.Get(id);
        Assert.Equal(
            (OperationStatus.Failed, OperationProblem.Interrupted, 2), (failed.Status, failed.Problem, failed.Done));
        Assert.Equal(["one", "two"], _bench.Bodies("jobs"));
    }

    [Fact]
    public void A_cancelled_import_takes_no_more_lines()
    {
        OperationId id = Begin();
        _bench.Harness.Run(() => _bench.Broker.CancelOperation(id));
        Assert.Equal(BrokerError.OperationFinished, Import(id, 0, "one").Error);
        Assert.Equal(
            OperationStatus.Cancelled, _bench.Harness.Run(() => _bench.Broker.EndImport(id, whole: true)).Value.Status);
        Assert.Empty(_bench.Browse("jobs"));
    }

    private OperationId Begin() =>
        _bench.Harness.Run(() => _bench.Broker.BeginImport(BrokerHarness.Name(), dryRun: false)).Value.Id;

    private Result<ImportOutcome> Import(OperationId id, long invalid, params string[] bodies)
    {
        long now = _bench.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        using MessageBatch batch = MessageBatch.Rent();
        foreach (string body in bodies)
            batch.AddImported(MessageHeaders.None, Encoding.UTF8.GetBytes(body), 1_000, now, 0);
        return _bench.Harness.Run(() => _bench.Broker.Import(id, new ImportedLines(batch, invalid)));
    }
}
