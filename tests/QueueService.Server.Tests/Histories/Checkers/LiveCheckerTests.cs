namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>The checkers must themselves catch what they are there for, and nothing else: connections that last, named
/// receives, messages that get another time or are cancelled, pauses.</summary>
public sealed class LiveCheckerTests : HandMadeHistory
{
    private static readonly LiveOperation Connection = new("q", 0, 5_000_000, 200) { Prefetch = 2 };

    [Fact]
    public void A_broken_connection_gives_back_what_it_held()
    {
        Send(0, "a");
        Push(10, 500, "a");
        Receive(510, "a", 2);
        Acknowledge(520, "a", 2);
        AssertFine();
    }

    [Fact]
    public void A_delivery_while_the_connection_holds_the_message_is_a_double_lease()
    {
        Send(0, "a");
        Push(10, 500, "a");
        Receive(400, "a", 2);
        Acknowledge(420, "a", 2);
        AssertFound("no-double-lease");
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(50, false)]
    public void More_leases_than_prefetch_are_found(int at, bool overfull)
    {
        foreach (string body in (string[])["a", "b", "c"]) Send(0, body);
        Push(10, 5000, "a", "b");
        Acknowledge(40, "a", 1);
        Push(at, 5000, "c");
        Acknowledge(60, "b", 1);
        Acknowledge(61, "c", 1);
        AssertFoundIf(overfull, "live-streams");
    }

    [Fact]
    public void Lines_that_must_not_come_and_results_out_of_order_are_found()
    {
        Add(Connection with { Wrong = ["no result"] });
        AssertFound("live-streams");
        Clear();
        Setup = Setup with { IsFifo = true };
        Add(Connection with { Sent = [Sent("a", 2), Sent("b", 1) with { Group = "other" }, Sent("c", 3)] });
        AssertFine();
        Add(Connection with { Sent = [Sent("a", 2), Sent("b", 1)] });
        AssertFound("live-streams");
    }

    [Theory]
    [InlineData(700, true)]
    [InlineData(1030, false)]
    public void A_message_must_not_come_before_the_time_that_it_was_given(int at, bool early)
    {
        Send(0, "a");
        Add(new RescheduleOperation("q", 20_000, 21_000, 200, "id-a", 1_020_000));
        Receive(at, "a");
        Acknowledge(at + 10, "a", 1);
        AssertFoundIf(early, "rescheduled");
    }

    [Fact]
    public void A_message_may_come_before_a_delay_that_was_shortened()
    {
        Send(0, new SentItem("a") { DelayMilliseconds = 1000 });
        Add(new RescheduleOperation("q", 20_000, 21_000, 200, "id-a", 900_000));
        Add(new RescheduleOperation("q", 30_000, Operation.Never, 0, "id-a", 30_000));
        Receive(100, "a");
        Acknowledge(110, "a", 1);
        AssertFine();
    }

    [Fact]
    public void A_cancelled_message_must_not_come_and_is_not_lost()
    {
        Send(0, "a");
        Add(new CancelOperation("q", 20_000, 21_000, 204, "id-a"));
        AssertFine();
        Receive(30, "a");
        AssertFound("cancelled");
    }

    [Fact]
    public void A_leased_message_must_not_be_cancelled()
    {
        Send(0, "a");
        Receive(10, "a");
        Add(new CancelOperation("q", 20_000, 21_000, 204, "id-a"));
        AssertFound("cancelled");
    }

    [Theory]
    [InlineData(404)]
    [InlineData(409)]
    public void A_message_that_waits_must_not_be_called_gone_or_leased(int status)
    {
        Send(0, "a");
        Add(new CancelOperation("q", 20_000, 21_000, status, "id-a"));
        Receive(30, "a");
        Acknowledge(40, "a", 1);
        AssertFound("cancelled");
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(50, false)]
    public void Nobody_gets_a_message_of_a_paused_queue(int at, bool wrong)
    {
        Send(0, "a");
        Add(new PauseOperation("q", 10_000, 11_000, 204, IsPause: true));
        Add(new PauseOperation("q", 45_000, 46_000, 204, IsPause: false));
        Receive(at, "a");
        Acknowledge(at + 10, "a", 1);
        AssertFoundIf(wrong, "paused");
    }

    [Fact]
    public void A_named_receive_that_is_repeated_gets_the_same_messages_for_another_while()
    {
        Send(0, "a");
        ReceiveNamed(10, "a");
        ReceiveNamed(500, "a");
        Receive(1600, "a", 2);
        Acknowledge(1610, "a", 2);
        AssertFine();
        Receive(1400, "a", 2);
        AssertFound("no-double-lease");
    }

    [Fact]
    public void A_named_receive_that_is_repeated_must_not_lease_anew()
    {
        Send(0, "a");
        Send(0, "b");
        ReceiveNamed(10, "a");
        ReceiveNamed(500, "b");
        Acknowledge(510, "a", 1);
        Acknowledge(520, "b", 1);
        AssertFound("named-receives");
    }

    [Theory]
    [InlineData("g", false)]
    [InlineData("h", true)]
    public void A_deduplication_id_of_another_group_is_another_one(string group, bool wrong)
    {
        Setup = Setup with { IsFifo = true, DeduplicatesByGroup = true };
        Send(0, new SentItem("a") { Group = "g", DeduplicationId = "d" });
        Add(new SendOperation("q", 5_000, 6_000, 200, null,
            [new SentItem("b") { Group = group, DeduplicationId = "d", Id = "id-a", IsDeduplicated = true }]));
        ReceiveGroup(10, ("a", 1));
        Acknowledge(20, "a", 1);
        AssertFoundIf(wrong, "stored-once");
    }

    private static SentItem Sent(string body, long sequenceNumber) => new(body) { SequenceNumber = sequenceNumber };

    private void Push(int at, int until, params string[] bodies)
    {
        Add(Connection);
        Add(new ReceiveOperation("q", at * 1000, (at + 1) * 1000, 200, 60_000, false,
            [.. bodies.Select(static body => Delivery(body, 1))])
        {
            Live = Connection, EndsAt = until * 1000,
        });
    }

    private void ReceiveNamed(int at, string body) => Add(
        new ReceiveOperation("q", at * 1000, (at + 1) * 1000, 200, 1000, false, [Delivery(body, 1)])
        {
            Attempt = "once",
        });
}
