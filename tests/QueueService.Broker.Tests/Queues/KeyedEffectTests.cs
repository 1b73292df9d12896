using System.Text;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Topics;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Queues;

/// <summary>The key and the effect are one commit: after a power cut there are both or neither.</summary>
public sealed class KeyedEffectTests : IDisposable
{
    private readonly TopicFixture _topic = new();

    private BrokerHarness Harness => _topic.Harness;

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void An_import_that_ended_is_found_again_with_its_note()
    {
        Harness.CreateQueue();
        Operation begun = BeginImport(Token(1)).Value;
        Harness.Run(() => _topic.Broker.Import(begun.Id, new ImportedLines(BrokerHarness.Batch("a"), 0)));
        IdempotencyToken ending = Token(1);
        ending.Note = "note"u8.ToArray();
        Operation ended = Harness.Run(() => _topic.Broker.EndImport(begun.Id, whole: true, ending)).Value;
        Harness.CutPowerAndRestart(1);
        IdempotencyToken again = Token(1);
        Assert.Equal(begun.Id, BeginImport(again).Value.Id);
        Assert.True(again.IsReplayed);
        EndedImport found = Harness.Run(() => _topic.Broker.FindImport(again)).Value!;
        Assert.Equal(
            (ended.Id, ended.Affected, "note"), (found.Operation.Id, found.Operation.Affected, Text(found.Note)));
        Assert.Equal(1, Harness.Stats().Available);
    }

    [Fact]
    public void An_import_that_was_interrupted_has_begun_and_is_not_found_as_ended()
    {
        Harness.CreateQueue();
        Operation begun = BeginImport(Token(1)).Value;
        Harness.CutPowerAndRestart(2);
        IdempotencyToken again = Token(1);
        Assert.Equal(begun.Id, BeginImport(again).Value.Id);
        Assert.True(again.IsReplayed);
        Assert.Null(Harness.Run(() => _topic.Broker.FindImport(again)).Value);
        IdempotencyToken ending = Token(1);
        ending.Note = "note"u8.ToArray();
        Harness.Run(() => _topic.Broker.EndImport(begun.Id, whole: false, ending));
        Assert.Null(Harness.Run(() => _topic.Broker.FindImport(Token(1))).Value);
    }

    [Fact]
    public void A_redelivery_is_made_once_and_one_of_nothing_is_remembered_too()
    {
        _topic.CreateTopic();
        Subscribe("{}");
        _topic.Publish("1");
        Received message = Assert.Single(_topic.Receive("hook"));
        long[] one = [message.Id.SequenceNumber];
        Assert.Equal(0, Redeliver(Token(1), one).Count);
        Harness.Run(() => _topic.Broker.Report(
            TopicFixture.Name("hook"),
            new DeliveryReport(message.Receipt, 1, DeliveryResult.Delivered, 0, "details"u8.ToArray())));
        Assert.Equal(1, Redeliver(Token(2), one).Count);
        Harness.CutPowerAndRestart(3);
        IdempotencyToken nothing = Token(1);
        IdempotencyToken again = Token(2);
        Assert.Equal((0, 1), (Redeliver(nothing, one).Count, Redeliver(again, one).Count));
        Assert.True(nothing.IsReplayed && again.IsReplayed);
        Assert.Single(_topic.Receive("hook"));
    }

    [Fact]
    public void A_destination_is_changed_once_and_the_note_is_in_the_same_commit()
    {
        _topic.CreateTopic();
        string before = Subscribe("{}").Queue.ETag;
        IdempotencyToken first = Token(1);
        first.Note = "kept"u8.ToArray();
        string? etag = Change("{\"a\":1}", before, first).Value;
        Assert.NotNull(etag);
        Harness.CutPowerAndRestart(4);
        IdempotencyToken again = Token(1);
        Result<string?> repeated = Change("{\"b\":1}", before, again);
        Assert.True(repeated.Succeeded && repeated.Value is null && again.IsReplayed);
        Assert.Equal(etag, Text(Harness.Run(() => _topic.Broker.Recall(again)).Value));
        Assert.Equal("kept", Text(Harness.Run(() => _topic.Broker.Recall(again.OfNote)).Value));
        QueueDescription now = Harness.Run(() => _topic.Broker.GetSubscription(TopicFixture.Name("hook"))).Value;
        Assert.Equal("{\"a\":1}", now.Config.Subscription!.Destination);
        Assert.Equal(BrokerError.PreconditionFailed, Change("{}", before, Token(2)).Error);
    }

    [Fact]
    public void A_pause_of_a_job_that_changes_nothing_is_remembered_too()
    {
        Assert.True(PauseJob(Token(1), paused: true));
        Assert.True(PauseJob(Token(2), paused: true));
        Assert.False(PauseJob(Token(3), paused: false));
        Harness.CutPowerAndRestart(5);
        IdempotencyToken again = Token(2);
        Assert.True(PauseJob(again, paused: true));
        Assert.True(again.IsReplayed);
        Assert.Empty(Harness.Run(_topic.Broker.PausedJobs));
    }

    [Fact]
    public void What_is_remembered_first_stays()
    {
        Assert.Null(Harness.Run(() => _topic.Broker.Recall(Token(1))).Value);
        Harness.Run(() => _topic.Broker.Remember(Token(1), "one"u8.ToArray()));
        IdempotencyToken second = Token(1);
        Assert.Equal("one", Text(Harness.Run(() => _topic.Broker.Remember(second, "two"u8.ToArray())).Value));
        Assert.True(second.IsReplayed);
        ulong hash = Harness.Broker.Shard.StateHash();
        Harness.CutPowerAndRestart(6);
        Assert.Equal(hash, Harness.Broker.Shard.StateHash());
        Assert.Equal("one", Text(Harness.Run(() => _topic.Broker.Recall(Token(1))).Value));
        Assert.Equal(
            BrokerError.IdempotencyKeyReused,
            Harness.Run(() => _topic.Broker.Recall(new IdempotencyToken(1, 8))).Error);
    }

    private static IdempotencyToken Token(int key) => new((UInt128)key, 7);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private QueueChange Subscribe(string destination) => _topic.Subscribe("hook", new QueueConfig
    {
        Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Webhook, Destination = destination },
    });

    private Result<Operation> BeginImport(IdempotencyToken token) =>
        Harness.Run(() => _topic.Broker.BeginImport(BrokerHarness.Name(), dryRun: false, token));

    private Redelivery Redeliver(IdempotencyToken token, long[] positions) =>
        Harness.Run(() => _topic.Broker.Redeliver(TopicFixture.Name("hook"), positions, token)).Value;

    private Result<string?> Change(string destination, string etag, IdempotencyToken token) =>
        Harness.Run(() => _topic.Broker.ChangeDestination(TopicFixture.Name("hook"), destination, etag, token));

    private bool PauseJob(IdempotencyToken token, bool paused) =>
        Harness.Run(() => _topic.Broker.PauseJob("retention", paused, token)).Value;
}
