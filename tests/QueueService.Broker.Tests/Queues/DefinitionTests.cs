using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class DefinitionTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void The_ETag_changes_with_each_change_and_only_then()
    {
        string first = _harness.CreateQueue().Queue.ETag;
        Assert.Equal(first, _harness.CreateQueue().Queue.ETag);
        Assert.False(_harness.CreateQueue().Created);
        string second = _harness.CreateQueue(config: new QueueConfig { DelaySeconds = 1 }).Queue.ETag;
        Assert.NotEqual(first, second);
        _harness.CutPowerAndRestart(1);
        Assert.Equal(second, _harness.CreateQueue(config: new QueueConfig { DelaySeconds = 1 }).Queue.ETag);
        _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None));
        Assert.NotEqual(first, _harness.CreateQueue().Queue.ETag);
    }

    [Fact]
    public void Preconditions_are_checked_before_anything_happens()
    {
        Assert.Equal(BrokerError.PreconditionFailed, Put(new Precondition(["*"], false)).Error);
        string tag = Put(new Precondition(null, MustNotExist: true)).Value.Queue.ETag;
        Assert.Equal(BrokerError.PreconditionFailed, Put(new Precondition(null, MustNotExist: true)).Error);
        Assert.Equal(BrokerError.PreconditionFailed, Put(new Precondition(["stale"], false)).Error);
        Assert.Equal(BrokerError.PreconditionFailed, Patch(new Precondition([], false)).Error);
        Assert.Equal(BrokerError.None, Patch(new Precondition(["stale", tag], false)).Error);
        Assert.Equal(BrokerError.PreconditionFailed, Delete(new Precondition([tag], false)));
        Assert.Equal(BrokerError.None, Delete(new Precondition(["*"], false)));
        Assert.Equal(BrokerError.QueueNotFound, Delete(new Precondition(["*"], false)));
        Assert.Equal(BrokerError.QueueNotFound, Patch(Precondition.None).Error);
    }

    [Fact]
    public void The_durability_of_a_queue_cannot_change()
    {
        _harness.CreateQueue();
        Assert.Equal(BrokerError.ImmutableField, _harness.Run(() => _harness.Broker.PutQueue(
            BrokerHarness.Name(), new QueueConfig { Durability = Durability.Os }, Precondition.None)).Error);
        Assert.Equal(Durability.Fsync, _harness.CreateQueue().Queue.Config.Durability);
    }

    [Fact]
    public void Every_setting_survives_a_restart()
    {
        var config = new QueueConfig
        {
            VisibilityTimeoutSeconds = 43_200, DelaySeconds = 31_536_000, RetentionSeconds = 315_360_000,
            MaxMessageBytes = 16_777_216, ReceiveWaitSeconds = 60, Durability = Durability.Os,
        };
        QueueDescription before = _harness.CreateQueue(config: config).Queue;
        _harness.AdvanceMilliseconds(5_000);
        _harness.KillAndRestart();
        QueueDescription after = _harness.Run(() => _harness.Broker.GetQueue(BrokerHarness.Name())).Value;
        Assert.Equal(before, after);
        Assert.Equal(config, after.Config);
    }

    [Fact]
    public void Pages_of_a_listing_give_every_queue_once_in_ordinal_order()
    {
        string[] names = ["a", "a.b", "a.b.c", "a-b", "aB", "ab", "b", "B", "b0", "c_", "c"];
        foreach (string name in names) _harness.CreateQueue(name);
        foreach (string prefix in (string[])["", "a", "a.", "a.b.c", "b", "c_", "d", "B", "ab0"])
        {
            for (int limit = 1; limit <= 12; limit++)
            {
                string[] expected = [.. names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                    .Order(StringComparer.Ordinal)];
                Assert.Equal(expected, ListAll(prefix, limit));
            }
        }
    }

    [Theory]
    [InlineData("a", "A", "a,ab")]
    [InlineData("a", "a", "ab")]
    [InlineData("a", "aa", "ab")]
    [InlineData("a", "ab", "")]
    [InlineData("a", "zz", "")]
    [InlineData("", "ab", "b")]
    public void A_page_starts_after_a_name_that_need_not_exist(string prefix, string after, string expected)
    {
        foreach (string name in (string[])["b", "ab", "a"]) _harness.CreateQueue(name);
        QueuePage page = _harness.Run(() => _harness.Broker.ListQueues(prefix, after, 10)).Value;
        Assert.Equal(expected, string.Join(',', page.Queues.Select(static queue => queue.Name.Value)));
        Assert.Null(page.Next);
    }

    [Fact]
    public void Definitions_survive_when_their_log_has_grown_beyond_memory()
    {
        for (int i = 0; i < 400; i++)
        {
            _harness.CreateQueue($"queue-{i % 100}", new QueueConfig { DelaySeconds = i });
            _harness.AdvanceMilliseconds(1_000);
        }

        for (ulong seed = 0; seed < 3; seed++)
        {
            _harness.CutPowerAndRestart(seed);
            Assert.Equal(100, ListAll("queue-", 7).Count);
        }

        _harness.CloseAndRestart();
        Assert.Equal(100, ListAll("queue-", 7).Count);
    }

    private List<string> ListAll(string prefix, int limit)
    {
        var all = new List<string>();
        for (string? after = null; ;)
        {
            string? from = after;
            QueuePage page = _harness.Run(() => _harness.Broker.ListQueues(prefix, from, limit)).Value;
            all.AddRange(page.Queues.Select(static queue => queue.Name.Value));
            if (page.Next is null) return all;
            after = page.Next;
        }
    }

    private Result<QueueChange> Put(Precondition condition) =>
        _harness.Run(() => _harness.Broker.PutQueue(BrokerHarness.Name(), new QueueConfig(), condition));

    private Result<QueueChange> Patch(Precondition condition) => _harness.Run(() =>
        _harness.Broker.PatchQueue(BrokerHarness.Name(), static config => config with { DelaySeconds = 9 }, condition));

    private BrokerError Delete(Precondition condition) =>
        _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name(), condition));
}
