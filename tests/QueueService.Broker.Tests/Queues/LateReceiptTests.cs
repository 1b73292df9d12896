using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

/// <summary>Receipts as SQS takes them.</summary>
public sealed class LateReceiptTests : IDisposable
{
    private const long TwelveHours = 43_200_000;

    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_message_is_acknowledged_after_its_lease_ended_when_nobody_received_it_again(bool released)
    {
        _harness.CreateQueue();
        _harness.Send("a", "b");
        Received message = _harness.Receive(1, visibility: 1_000).Single();
        if (released) _harness.Settle(Settlement.Release, 500, message.Receipt);
        _harness.AdvanceMilliseconds(2_000);
        Assert.Equal([BrokerError.None], Late(message.Receipt));
        Assert.Equal(1, _harness.Stats().DeletedTotal);
        _harness.KillAndRestart();
        Assert.Equal("b", Assert.Single(_harness.Receive()).Body);
    }

    [Fact]
    public void A_message_that_waits_after_its_release_is_acknowledged_too()
    {
        _harness.CreateQueue();
        _harness.Send("a");
        Received message = _harness.Receive().Single();
        _harness.Settle(Settlement.Release, 60_000, message.Receipt);
        Assert.Equal([BrokerError.None], Late(message.Receipt));
        Assert.Equal((0, 0), (_harness.Stats().Available, _harness.Stats().Delayed));
    }

    [Fact]
    public void The_receipt_of_an_earlier_receive_succeeds_and_leaves_the_newer_lease_alone()
    {
        _harness.CreateQueue();
        _harness.Send("a");
        Received first = _harness.Receive(visibility: 0).Single();
        Received second = _harness.Receive().Single();
        Assert.Equal([BrokerError.None], Late(first.Receipt));
        Assert.Equal(1, _harness.Stats().Leased);
        Assert.Equal([BrokerError.None], Late(second.Receipt));
        Assert.Equal(0, _harness.Stats().Leased);
    }

    [Fact]
    public void A_message_that_is_gone_is_acknowledged_again_without_effect()
    {
        _harness.CreateQueue();
        _harness.Send("a", "b");
        List<Received> messages = _harness.Receive();
        Assert.Equal([BrokerError.None, BrokerError.None], Late(messages[0].Receipt, messages[0].Receipt));
        Assert.Equal([BrokerError.None], Late(messages[0].Receipt));
        Assert.Equal(1, _harness.Stats().DeletedTotal);
        _harness.Run(() => _harness.Broker.Purge(BrokerHarness.Name()));
        Assert.Equal([BrokerError.None], Late(messages[1].Receipt));
        Assert.Equal([BrokerError.ReceiptInvalid], Late(messages[1].Receipt with { Seal = 1 }));
    }

    [Fact]
    public void After_an_unclean_start_of_a_weaker_queue_a_receipt_of_before_still_acknowledges()
    {
        _harness.CreateQueue(config: new QueueConfig { Durability = Durability.Os });
        _harness.Send("a");
        Received message = _harness.Receive().Single();
        _harness.KillAndRestart();
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(message.Receipt));
        Assert.Equal([BrokerError.None], Late(message.Receipt));
        _harness.AdvanceMilliseconds(60_000);
        Assert.Empty(_harness.Receive());
        Assert.Equal(1, _harness.Stats().DeletedTotal);
    }

    [Fact]
    public void A_message_on_its_way_to_the_dead_letter_queue_is_acknowledged_and_not_moved()
    {
        _harness.CreateQueue("dead");
        _harness.CreateQueue(config: new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
        _harness.Send("a");
        Received message = _harness.Receive(visibility: 1_000).Single();
        _harness.AdvanceMilliseconds(1_000);
        Assert.Empty(_harness.Receive());
        Assert.Equal([BrokerError.None], Late(message.Receipt));
        _harness.Sweep();
        Assert.Empty(_harness.ReceiveFrom("dead"));
    }

    [Fact]
    public void What_receives_move_waits_a_quarter_of_an_hour_for_a_late_acknowledgement()
    {
        CreateMoving();
        _harness.Send("a", "b");
        Received late = ReceiveMoving(1).Single();
        Received never = ReceiveMoving(1).Single();
        _harness.AdvanceMilliseconds(1_000);
        _harness.Sweep();
        Assert.Equal([BrokerError.None], Late(late.Receipt));
        _harness.AdvanceMilliseconds(899_000);
        _harness.Sweep();
        Assert.Empty(_harness.ReceiveFrom("dead"));
        _harness.AdvanceMilliseconds(1_000);
        _harness.Sweep();
        Assert.Equal(never.Id, Assert.Single(_harness.ReceiveFrom("dead")).Id);
    }

    [Fact]
    public void The_next_receive_ends_the_wait_for_a_late_acknowledgement()
    {
        CreateMoving();
        _harness.Send("a");
        Received message = ReceiveMoving(1).Single();
        _harness.AdvanceMilliseconds(1_000);
        Assert.Empty(ReceiveMoving(1));
        Assert.Equal([BrokerError.None], Late(message.Receipt));
        Assert.Single(_harness.ReceiveFrom("dead"));
    }

    [Theory]
    [InlineData(QueueType.Fifo, false)]
    [InlineData(QueueType.Standard, true)]
    public void A_FIFO_queue_and_one_whose_receives_move_nothing_any_more_are_swept_at_once(QueueType type, bool plain)
    {
        CreateMoving(type);
        _harness.Send("a");
        Assert.Single(ReceiveMoving(1));
        if (plain) Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1_000);
        _harness.Sweep();
        Assert.Single(_harness.ReceiveFrom("dead"));
    }

    [Fact]
    public void In_a_FIFO_queue_an_ended_lease_acknowledges_nothing()
    {
        _harness.CreateQueue(config: new QueueConfig { Type = QueueType.Fifo });
        _harness.Send("a");
        Received first = _harness.Receive(visibility: 1_000).Single();
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal([BrokerError.ReceiptExpired], Late(first.Receipt));
        Received second = _harness.Receive().Single();
        Assert.Equal([BrokerError.ReceiptExpired, BrokerError.None], Late(first.Receipt, second.Receipt));
        Assert.Equal([BrokerError.None], Late(second.Receipt));
    }

    [Fact]
    public void An_extension_says_whether_the_message_is_gone_or_only_not_leased()
    {
        _harness.CreateQueue();
        _harness.Send("a", "b");
        List<Received> messages = _harness.Receive(visibility: 1_000);
        Late(messages[0].Receipt);
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal(
            [BrokerError.MessageNotFound, BrokerError.MessageNotLeased, BrokerError.ReceiptInvalid],
            Extend(9_000, messages[0].Receipt, messages[1].Receipt, messages[1].Receipt with { Seal = 1 }));

        // It was not hidden again.
        Received again = Assert.Single(_harness.Receive(visibility: 5_000));
        Assert.Equal(
            [BrokerError.MessageNotLeased, BrokerError.None], Extend(9_000, messages[1].Receipt, again.Receipt));
        _harness.AdvanceMilliseconds(8_000);
        Assert.Empty(_harness.Receive());
        Assert.Equal([BrokerError.None], Extend(0, again.Receipt));
        Assert.Single(_harness.Receive());
    }

    [Fact]
    public void A_lease_lasts_twelve_hours_after_its_receive_at_most()
    {
        _harness.CreateQueue();
        _harness.Send("a");
        Received message = _harness.Receive(visibility: TwelveHours).Single();
        Assert.Equal([BrokerError.None], Extend(TwelveHours, message.Receipt));
        _harness.AdvanceMilliseconds(60_000);
        Assert.Equal([BrokerError.ExtensionTooLong], Extend(TwelveHours, message.Receipt));
        Assert.Equal([BrokerError.None], Extend(TwelveHours - 60_000, message.Receipt));
        _harness.CloseAndRestart();
        _harness.AdvanceMilliseconds(3_600_000);
        Assert.Equal([BrokerError.ExtensionTooLong], Extend(TwelveHours - 3_600_000, message.Receipt));
        Assert.Equal([BrokerError.None], Extend(TwelveHours - 3_660_000, message.Receipt));
    }

    [Fact]
    public void Each_receive_begins_the_twelve_hours_anew()
    {
        _harness.CreateQueue();
        _harness.Send("a");
        _harness.Receive(visibility: 1_000);
        _harness.AdvanceMilliseconds(TwelveHours);
        Received message = Assert.Single(_harness.Receive(visibility: 1_000));
        Assert.Equal([BrokerError.None], Extend(TwelveHours, message.Receipt));
        _harness.AdvanceMilliseconds(13_000);
        Assert.Equal([BrokerError.ExtensionTooLong], Extend(TwelveHours, message.Receipt));
    }

    private void CreateMoving(QueueType type = QueueType.Standard)
    {
        _harness.CreateQueue("dead", new QueueConfig { Type = type });
        _harness.CreateQueue(config: new QueueConfig { Type = type, Redrive = new RedrivePolicy("dead", 1) });
    }

    /// <summary>Leases for a second.</summary>
    private List<Received> ReceiveMoving(int max)
    {
        var request = new ReceiveRequest
        {
            Max = max, WaitMilliseconds = 0, VisibilityMilliseconds = 1_000, MovesDeadLetters = true,
        };
        return BrokerHarness.Read(_harness.Run(() =>
            _harness.Broker.Receive(BrokerHarness.Name(), request, CancellationToken.None)).Value);
    }

    private BrokerError[] Late(params ReceiptHandle[] receipts) =>
        _harness.Settle(Settlement.AcknowledgeLate, 0, receipts);

    private BrokerError[] Extend(long milliseconds, params ReceiptHandle[] receipts) =>
        _harness.Settle(Settlement.ExtendWithin12Hours, milliseconds, receipts);
}
