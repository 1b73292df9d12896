using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Operations;

public sealed class RedriveTests : IDisposable
{
    private readonly RedriveBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Each_message_goes_back_to_the_queue_it_came_from_and_starts_again()
    {
        MessageId job = _bench.Send("a job");
        MessageId mail = _bench.Send("a mail", "mail");
        long sent = _bench.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _bench.Kill("jobs");
        _bench.Kill("mail");
        Operation done = _bench.Redrive();
        Assert.Equal((OperationStatus.Succeeded, 2, 2, 2), (done.Status, done.Done, done.Total, done.Affected));
        Assert.Empty(_bench.Browse("dead"));
        RedriveBench.Seen back = Assert.Single(_bench.Browse("jobs"));
        Assert.Equal((job, "a job", sent, 0), (back.Id, back.Body, back.SentAt, back.ReceiveCount));
        Assert.False(back.Origin!.IsDeadLetter);
        Assert.Equal(mail, Assert.Single(_bench.Browse("mail")).Id);
        Received received = Assert.Single(_bench.Receive("jobs"));
        Assert.Equal((job, 1), (received.Id, received.ReceiveCount));
    }

    [Fact]
    public void A_redrive_that_is_to_be_alone_is_refused_while_another_one_of_its_queue_goes_on()
    {
        _bench.SendDead(2);
        var alone = new RedriveRequest(null, MessageFilter.All) { IsAlone = true };
        Operation first = _bench.TryRedrive().Value;
        Assert.Equal(BrokerError.RedriveActive, Redrive("dead", alone).Error);
        Operation other = Redrive("mail", alone).Value;
        Assert.Equal([first.Id], Of("dead"));
        Assert.Equal([other.Id], Of("mail"));
        _bench.RunOperations();
        Operation second = Redrive("dead", alone).Value;
        Assert.Equal([second.Id, first.Id], Of("dead"));
    }

    [Fact]
    public void A_redrive_whose_target_is_deleted_has_failed_and_says_why()
    {
        _bench.SendDead(2);
        Operation created = _bench.TryRedrive("mail").Value;
        _bench.Harness.Run(() => _bench.Broker.DeleteQueue(BrokerHarness.Name("mail"), Precondition.None));
        _bench.RunOperations();
        Operation failed = _bench.Get(created.Id);
        Assert.Equal(
            (OperationStatus.Failed, OperationProblem.TargetNotFound, 0), (
                failed.Status, failed.Problem, failed.Affected));
    }

    private Result<Operation> Redrive(string queue, RedriveRequest request) =>
        _bench.Harness.Run(() => _bench.Broker.Redrive(BrokerHarness.Name(queue), request));

    private OperationId[] Of(string queue) =>
        [.. _bench.Harness.Run(() => _bench.Broker.ListOperations(
            new OperationListing(null, 10) { Queue = BrokerHarness.Name(queue) })).Value.Operations
            .Select(static operation => operation.Id)];

    [Fact]
    public void A_redriven_message_can_be_found_deleted_acknowledged_and_dead_lettered_again_by_its_id()
    {
        MessageId[] ids = [_bench.Send("a"), _bench.Send("b"), _bench.Send("c"), _bench.Send("d")];
        _bench.Kill();
        _bench.Redrive();
        foreach (MessageId id in ids) Assert.Equal(id, BrokerHarness.Read(_bench.Find("jobs", id).Value).Single().Id);

        // An id that nobody was given: at its place lies a message that came back.
        long place = BrokerHarness.Read(_bench.Find("jobs", ids[0]).Value).Single().Id.SequenceNumber + 4;
        Assert.Equal(BrokerError.MessageNotFound, _bench.Find("jobs", new MessageId(ids[0].Queue, place)).Error);
        Assert.Equal(BrokerError.MessageNotFound, _bench.Delete("jobs", new MessageId(ids[0].Queue, place)));

        Assert.Equal(BrokerError.None, _bench.Delete("jobs", ids[1]));
        Assert.Equal(BrokerError.MessageNotFound, _bench.Delete("jobs", ids[1]));
        Assert.Equal(["a", "c", "d"], _bench.Bodies("jobs"));
        Received first = Assert.Single(_bench.Receive("jobs", max: 1));
        Assert.Equal(BrokerError.MessageLeased, _bench.Delete("jobs", first.Id));
        Assert.Equal([BrokerError.None], _bench.Harness.Acknowledge(first.Receipt));
        Assert.Equal(BrokerError.MessageNotFound, _bench.Find("jobs", ids[0]).Error);
        _bench.Kill();
        Assert.Equal([ids[2], ids[3]], _bench.Browse("dead").Select(static message => message.Id));
        Assert.All(_bench.Browse("dead"), static message => Assert.Equal(1, message.Origin!.RedriveCount));
        _bench.Redrive();
        Assert.All(_bench.Browse("jobs"), static message => Assert.Equal(2, message.Origin!.RedriveCount));
        _bench.Harness.KillAndRestart();
        Assert.Equal([ids[2], ids[3]], _bench.Browse("jobs").Select(static message => message.Id));
        Assert.Equal(BrokerError.None, _bench.Delete("jobs", ids[3]));
    }

    [Fact]
    public void An_ordinary_message_of_a_queue_with_redriven_ones_is_found_at_its_place()
    {
        _bench.SendDead(3);
        _bench.Redrive();
        MessageId fresh = _bench.Send("fresh");
        Assert.Equal("fresh", BrokerHarness.Read(_bench.Find("jobs", fresh).Value).Single().Body);
        Assert.Equal(BrokerError.None, _bench.Delete("jobs", fresh));
        Assert.DoesNotContain("fresh", _bench.Bodies("jobs"));
    }

    [Fact]
    public void The_retention_of_a_redriven_message_counts_anew()
    {
        _bench.Harness.CreateQueue(
            "jobs", new QueueConfig { RetentionSeconds = 100, Redrive = new RedrivePolicy("dead", 1) });
        _bench.SendDead(2);
        _bench.Harness.AdvanceMilliseconds(500_000);
        _bench.Sweep();
        _bench.Redrive();
        _bench.Harness.AdvanceMilliseconds(90_000);
        _bench.Send("fresh");
        _bench.Sweep();
        Assert.Equal(["jobs 0", "jobs 1", "fresh"], _bench.Bodies("jobs"));
        _bench.Harness.AdvanceMilliseconds(20_000);
        _bench.Sweep();
        Assert.Equal(["fresh"], _bench.Bodies("jobs"));
        _bench.Harness.AdvanceMilliseconds(100_000);
        _bench.Sweep();
        Assert.Empty(_bench.Bodies("jobs"));
    }

    [Fact]
    public void A_named_target_takes_every_message_also_one_that_was_sent_to_the_dead_letter_queue_itself()
    {
        _bench.SendDead(2);
        _bench.Send("direct", "dead");
        Operation to = _bench.Redrive("mail");
        Assert.Equal((3, 0), (to.Affected, to.Failures.Count));
        Assert.Equal(["jobs 0", "jobs 1", "direct"], _bench.Bodies("mail"));
    }

    [Fact]
    public void Leased_and_delayed_messages_are_left_alone()
    {
        _bench.SendDead(3);
        _bench.Send("later", "dead", delay: 60_000);
        Received leased = Assert.Single(_bench.Receive("dead", max: 1));
        Operation done = _bench.Redrive("mail");
        Assert.Equal((4, 2, 2), (done.Done, done.Affected, done.Skipped));
        Assert.Equal([leased.Body, "later"], _bench.Bodies("dead"));
        Assert.Equal(
            [BrokerError.None],
            _bench.Harness.Run(() => _bench.Broker.Settle(
                BrokerHarness.Name("dead"), Settlement.Acknowledge, [leased.Receipt])).Value.Errors);
    }

    [Fact]
    public void A_message_that_is_leased_while_its_page_is_read_stays()
    {
        _bench.SendDead(3);
        OperationId id = _bench.TryRedrive().Value.Id;
        Task<bool> run = BrokerHarness.Begin(async () =>
        {
            await _bench.Broker.RunOperations(CancellationToken.None);
            return true;
        });
        _bench.Harness.Turn();
        Task<Result<ReceivedMessages>> receive = BrokerHarness.Begin(() => _bench.Broker.Receive(
            BrokerHarness.Name("dead"), new ReceiveRequest { Max = 1 }, CancellationToken.None));
        _bench.Harness.Turn();
        _bench.Harness.Run(() => new ValueTask<bool>(run));
        Received leased = Assert.Single(BrokerHarness.Read(_bench.Harness.Run(() =>
            new ValueTask<Result<ReceivedMessages>>(receive)).Value));
        Assert.Equal((2, 1), (_bench.Get(id).Affected, _bench.Get(id).Skipped));
        Assert.Equal([leased.Body], _bench.Bodies("dead"));
    }

    [Fact]
    public void Messages_whose_source_is_gone_unknown_or_too_small_stay_and_are_counted()
    {
        _bench.SendDead(2);
        _bench.SendDead(1, "mail");
        _bench.Send("direct", "dead");
        _bench.Harness.CreateQueue("jobs", new QueueConfig { MaxMessageBytes = 3 });
        _bench.Harness.Run(() => _bench.Broker.DeleteQueue(BrokerHarness.Name("mail"), Precondition.None));
        Operation done = _bench.Redrive();
        Assert.Equal((OperationStatus.Succeeded, 4, 0), (done.Status, done.Done, done.Affected));
        Assert.Equal(
            [(MessageFailure.NoSource, 1L), (MessageFailure.TargetNotFound, 1), (MessageFailure.TooLarge, 2)],
            done.Failures.Select(static pair => (pair.Key, pair.Value)));
        Assert.Equal(4, _bench.Browse("dead").Count);
    }

    [Fact]
    public void A_target_that_does_not_exist_is_refused_and_one_that_goes_away_ends_the_operation()
    {
        _bench.SendDead(2);
        Assert.Equal(BrokerError.RedriveTargetNotFound, _bench.TryRedrive("missing").Error);
        Assert.Equal(BrokerError.RedriveTargetNotFound, _bench.TryRedrive("dead").Error);
        OperationId id = _bench.TryRedrive("mail").Value.Id;
        _bench.Harness.Run(() => _bench.Broker.DeleteQueue(BrokerHarness.Name("mail"), Precondition.None));
        _bench.RunOperations();
        Assert.Equal(
            (OperationStatus.Failed, OperationProblem.TargetNotFound), (_bench.Get(id).Status, _bench.Get(id).Problem));
        id = _bench.TryRedrive().Value.Id;
        _bench.Harness.Run(() => _bench.Broker.DeleteQueue(BrokerHarness.Name("dead"), Precondition.None));
        _bench.Harness.CreateQueue("dead");
        _bench.RunOperations();
        Assert.Equal(OperationProblem.QueueNotFound, _bench.Get(id).Problem);
    }

    [Fact]
    public void Only_what_was_there_when_it_was_asked_for_is_moved()
    {
        _bench.SendDead(2);
        OperationId id = _bench.TryRedrive().Value.Id;
        _bench.SendDead(1, "mail");
        _bench.RunOperations();
        Assert.Equal(2, _bench.Get(id).Affected);
        Assert.Equal(["mail 0"], _bench.Bodies("dead"));
    }

    [Theory]
    [InlineData("tenant", 5)]
    [InlineData("number", 10)]
    [InlineData("missing", 0)]
    [InlineData("source", 7)]
    [InlineData("reason", 10)]
    [InlineData("since", 3)]
    [InlineData("before", 7)]
    public void A_filter_says_which_messages_are_meant(string which, int expected)
    {
        for (int i = 0; i < 7; i++) _bench.Send($"{i}", tenant: i < 5 ? "one" : "two");
        _bench.Kill();
        long later = _bench.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _bench.SendDead(3, "mail");
        Operation done = _bench.Redrive(filter: which switch
        {
            "tenant" => new() { Attributes = [new("tenant", [new("one"), new("three")])] },
            "number" => new() { Attributes = [new("size", [new("1.5", IsNumber: true)])] },
            "missing" => new() { Attributes = [new("tenant", [new("one")]), new("region", [new("eu")])] },
            "source" => new() { SourceQueue = "jobs" },
            "reason" => new() { Reason = DeadLetters.MaxReceiveCountReached },
            "since" => new() { SentSince = later },
            _ => new() { SentBefore = later },
        });
        Assert.Equal((expected, 10 - expected, 10), (done.Affected, done.Skipped, done.Done));
        Assert.Equal(10 - expected, _bench.Browse("dead").Count);
    }

    [Fact]
    public void A_dry_run_counts_and_moves_nothing_and_a_limit_ends_it_early()
    {
        _bench.SendDead(1_200);
        Operation dry = _bench.Redrive(dryRun: true);
        Assert.Equal((1_200, 1_200), (dry.Done, dry.Affected));
        Assert.Equal(1_200, _bench.Browse("dead").Count);
        Assert.Empty(_bench.Browse("jobs"));
        Operation limited = _bench.Redrive(limit: 701);
        Assert.Equal((701, 701), (limited.Affected, limited.Total));
        Assert.Equal((499, 701), (_bench.Browse("dead").Count, _bench.Browse("jobs").Count));
    }

    [Fact]
    public void A_rate_is_never_exceeded()
    {
        _bench.SendDead(300);
        OperationId id = _bench.TryRedrive(rate: 10).Value.Id;
        for (int second = 0; second < 30; second++)
        {
            _bench.RunOperations();
            Assert.Equal(second * 10, _bench.Get(id).Affected);
            _bench.Harness.AdvanceMilliseconds(1_000);
        }

        _bench.RunOperations();
        Assert.Equal(OperationStatus.Succeeded, _bench.Get(id).Status);
    }

    [Fact]
    public void A_waiting_receive_gets_what_is_redriven()
    {
        _bench.SendDead(1);
        Task<Result<ReceivedMessages>> waiting = _bench.Harness.Wait(10_000);
        _bench.Redrive();
        Assert.Equal("jobs 0", Assert.Single(BrokerHarness.Read(_bench.Harness.Run(() =>
            new ValueTask<Result<ReceivedMessages>>(waiting)).Value)).Body);
    }
}
