namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>The checkers must themselves catch what they are there for, and nothing else:
/// losses, leases, acknowledgements.</summary>
public sealed class LeaseCheckerTests : HandMadeHistory
{
    [Fact]
    public void A_message_that_is_sent_received_and_acknowledged_is_fine()
    {
        Send(0, "a");
        Receive(10, "a");
        Acknowledge(20, "a", 1);
        AssertFine();
    }

    [Fact]
    public void A_lease_that_ran_out_is_followed_by_another()
    {
        Send(0, "a");
        Receive(10, "a");
        Receive(1100, "a", 2);
        Settle(1110, SettleKind.Acknowledge, null, 410, "a", 1);
        Acknowledge(1120, "a", 2);
        AssertFine();
    }

    [Fact]
    public void Requests_without_an_answer_may_have_happened_or_not()
    {
        Add(new SendOperation("q", 0, Operation.Never, 0, null, [new SentItem("there")]));
        Add(new SendOperation("q", 0, Operation.Never, 0, null, [new SentItem("gone")]));
        Send(0, "acknowledged");
        Receive(10, "there");
        Acknowledge(20, "there", 1);
        Receive(20, "acknowledged");
        Add(new SettleOperation(
            "q", 30_000, Operation.Never, 0, SettleKind.Acknowledge, null, [("acknowledged#1", 0)]));
        AssertFine();
    }

    [Fact]
    public void A_message_that_was_never_delivered_is_lost()
    {
        Send(0, "a");
        AssertFound("no-loss");
    }

    [Fact]
    public void A_message_that_was_delivered_and_never_acknowledged_is_lost()
    {
        Send(0, "a");
        Receive(10, "a");
        AssertFound("no-loss");
    }

    [Fact]
    public void A_message_that_nobody_can_receive_is_lost()
    {
        Left = 1;
        AssertFound("no-loss");
    }

    [Fact]
    public void A_message_that_has_expired_is_not_lost_and_one_that_had_timeLeft_is()
    {
        Send(0, new SentItem("a") { TtlMilliseconds = 500 });
        AssertFine();
        Send(0, new SentItem("b") { TtlMilliseconds = 60_000 });
        AssertFound("no-loss");
    }

    [Fact]
    public void A_delivery_after_the_acknowledgement_was_answered_is_a_resurrection()
    {
        Send(0, "a");
        Receive(10, "a");
        Acknowledge(20, "a", 1);
        Receive(30, "a", 2);
        AssertFound("no-resurrection");
    }

    [Fact]
    public void A_delivery_after_one_that_acknowledged_itself_is_a_resurrection()
    {
        Send(0, "a");
        Add(new ReceiveOperation("q", 10_000, 11_000, 200, 0, true, [Delivery("a", 1)]));
        Receive(30, "a", 2);
        AssertFound("no-resurrection");
    }

    [Fact]
    public void A_delivery_while_the_lease_holds_is_a_double_lease()
    {
        Send(0, "a");
        Receive(10, "a");
        Receive(500, "a", 2);
        Acknowledge(510, "a", 2);
        AssertFound("no-double-lease");
    }

    [Fact]
    public void A_delivery_while_an_extended_lease_holds_is_a_double_lease()
    {
        Send(0, "a");
        Receive(10, "a");
        Settle(900, SettleKind.Extend, 1000, 200, "a", 1);
        Receive(1500, "a", 2);
        Acknowledge(1510, "a", 2);
        AssertFound("no-double-lease");
    }

    [Fact]
    public void Two_deliveries_with_one_count_are_a_double_lease()
    {
        Send(0, "a");
        Receive(10, "a");
        Receive(1500, "a");
        Acknowledge(1510, "a", 1);
        AssertFound("no-double-lease");
    }

    [Theory]
    [InlineData(1500, true)]
    [InlineData(1990, false)]
    public void A_lease_that_is_refused_while_it_holds_is_found(int at, bool early)
    {
        Send(0, "a");
        Receive(10, "a");
        Settle(900, SettleKind.Extend, 1000, 200, "a", 1);
        Settle(at, SettleKind.Acknowledge, null, 410, "a", 1);
        Receive(2000, "a", 2);
        Acknowledge(2010, "a", 2);
        AssertFoundIf(early, "no-double-lease");
    }

    [Fact]
    public void An_old_lease_that_is_still_honoured_is_a_double_lease()
    {
        Send(0, "a");
        Receive(10, "a");
        Receive(1500, "a", 2);
        Settle(1510, SettleKind.Release, null, 200, "a", 1);
        Acknowledge(1520, "a", 2);
        AssertFound("no-double-lease");
    }

    [Fact]
    public void A_lease_that_the_server_says_is_shorter_than_asked_for_is_found()
    {
        Send(0, "a");
        Add(new ReceiveOperation(
            "q", 10_000, 11_000, 200, 1000, false, [Delivery("a", 1) with { VisibleAt = 600_000 }]));
        Acknowledge(20, "a", 1);
        AssertFound("no-double-lease");
    }

    [Fact]
    public void A_refusal_while_the_extension_of_a_lease_holds_is_found()
    {
        Send(0, "a");
        Receive(10, "a");
        Settle(900, SettleKind.Extend, 5000, 200, "a", 1);
        Settle(2000, SettleKind.Acknowledge, null, 410, "a", 1);
        Receive(6000, "a", 2);
        Acknowledge(6010, "a", 2);
        AssertFound("lease-kept");
    }

    [Theory]
    [InlineData(950, true)]
    [InlineData(850, false)]
    public void A_receive_that_is_repeated_after_the_extension_starts_the_lease_anew(int at, bool isFine)
    {
        Send(0, "a");
        Receive(10, "a");
        Settle(900, SettleKind.Extend, 5000, 200, "a", 1);
        Receive(at, "a");
        Settle(2000, SettleKind.Acknowledge, null, 410, "a", 1);
        Receive(6000, "a", 2);
        Acknowledge(6010, "a", 2);
        bool isFound = Judge().Any(static found => found.StartsWith("lease-kept:", StringComparison.Ordinal));
        Assert.NotEqual(isFine, isFound);
    }

    [Fact]
    public void A_refusal_after_an_acknowledgement_that_may_have_happened_is_fine()
    {
        Send(0, "a");
        Receive(10, "a");
        Add(new SettleOperation("q", 20_000, Operation.Never, 0, SettleKind.Acknowledge, null, [("a#1", 0)]));
        Settle(30, SettleKind.Acknowledge, null, 410, "a", 1);
        AssertFine();
    }
}
