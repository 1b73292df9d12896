namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>The checkers must themselves catch what they are there for, and nothing else:
/// order, times, duplicates, dead letters.</summary>
public sealed class OrderCheckerTests : HandMadeHistory
{
    [Fact]
    public void A_group_in_order_is_fine_also_when_all_of_it_comes_again()
    {
        Group("a", "b");
        ReceiveGroup(10, ("a", 1), ("b", 1));
        ReceiveGroup(1100, ("a", 2), ("b", 2));
        Acknowledge(1110, "a", 2);
        Acknowledge(1120, "b", 2);
        AssertFine();
    }

    [Fact]
    public void A_message_of_a_group_whose_other_message_is_leased_is_out_of_order()
    {
        Group("a", "b");
        ReceiveGroup(10, ("a", 1));
        ReceiveGroup(20, ("b", 1));
        Acknowledge(30, "b", 1);
        Acknowledge(40, "a", 1);
        AssertFound("group-order");
    }

    [Fact]
    public void A_message_that_overtakes_one_of_its_group_is_out_of_order()
    {
        Group("a", "b");
        ReceiveGroup(10, ("b", 1));
        Acknowledge(20, "b", 1);
        ReceiveGroup(30, ("a", 1));
        Acknowledge(40, "a", 1);
        AssertFound("group-order");
    }

    [Fact]
    public void A_group_that_is_turned_round_in_one_answer_is_out_of_order()
    {
        Group("a", "b");
        ReceiveGroup(10, ("b", 1), ("a", 1));
        Acknowledge(20, "b", 1);
        Acknowledge(30, "a", 1);
        AssertFound("group-order");
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(502, false)]
    public void A_delayed_message_must_not_come_early(int at, bool early)
    {
        Send(0, new SentItem("a") { DelayMilliseconds = 500 });
        Receive(at, "a");
        Acknowledge(at + 10, "a", 1);
        AssertFoundIf(early, "never-early");
    }

    [Theory]
    [InlineData(600, true)]
    [InlineData(1020, false)]
    public void A_released_message_must_not_come_before_the_delay_of_its_release(int at, bool early)
    {
        Send(0, "a");
        Receive(10, "a");
        Settle(20, SettleKind.Release, 1000, 200, "a", 1);
        Receive(at, "a", 2);
        Acknowledge(at + 10, "a", 2);
        AssertFoundIf(early, "never-early");
    }

    [Theory]
    [InlineData(1500, true)]
    [InlineData(2010, false)]
    public void A_message_whose_lease_ran_out_must_not_come_before_the_delay_of_the_policy(int at, bool early)
    {
        Setup = Setup with { RetryMilliseconds = 1000 };
        Send(0, "a");
        Receive(10, "a");
        Receive(at, "a", 2);
        Acknowledge(at + 10, "a", 2);
        AssertFoundIf(early, "never-early");
    }

    [Theory]
    [InlineData(450, false)]
    [InlineData(550, true)]
    public void An_expired_message_must_not_come(int at, bool late)
    {
        Send(0, new SentItem("a") { TtlMilliseconds = 500 });
        Receive(at, "a");
        Acknowledge(at + 10, "a", 1);
        AssertFoundIf(late, "never-expired");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_deduplication_id_must_not_store_two_messages(bool twice)
    {
        Send(0, new SentItem("a") { DeduplicationId = "d" });
        string second = twice ? "b" : "a";
        Add(new SendOperation("q", 5_000, 6_000, 200, null,
            [new SentItem("b") { DeduplicationId = "d", Id = "id-" + second, IsDeduplicated = !twice }]));
        foreach (string body in new HashSet<string> { "a", second })
        {
            Receive(10, body);
            Acknowledge(20, body, 1);
        }

        AssertFoundIf(twice, "stored-once");
    }

    [Fact]
    public void An_idempotency_key_must_not_store_two_messages()
    {
        Add(new SendOperation("q", 0, Operation.Never, 0, "k", [new SentItem("a")]));
        Add(new SendOperation("q", 5_000, 6_000, 201, "k", [new SentItem("a") { Id = "id-a" }]));
        Receive(10, "a");
        Acknowledge(20, "a", 1);
        AssertFine();
        Add(new ReceiveOperation("q", 10_000, 11_000, 200, 1000, false,
            [Delivery("a", 1) with { Id = "other", Receipt = "other#1", SequenceNumber = 99 }]));
        AssertFound("stored-once");
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(0, true)]
    public void A_lower_priority_must_not_come_while_a_higher_one_waits(int first, bool wrong)
    {
        Send(0, new SentItem("high") { Priority = 9 });
        Send(0, "low");
        (string body, int priority)[] order = first == 9 ? [("high", 9), ("low", 0)] : [("low", 0), ("high", 9)];
        for (int i = 0; i < order.Length; i++)
        {
            int at = 10 + (i * 20);
            Add(new ReceiveOperation("q", at * 1000, (at + 1) * 1000, 200, 1000, false,
                [Delivery(order[i].body, 1) with { Priority = order[i].priority }]));
            Acknowledge(at + 5, order[i].body, 1);
        }

        AssertFoundIf(wrong, "priority");
    }

    [Fact]
    public void A_message_that_is_given_up_is_in_the_dead_letter_queue_and_nowhere_else()
    {
        Send(0, "a");
        Receive(10, "a");
        Settle(20, SettleKind.DeadLetter, null, 204, "a", 1);
        ReceiveDead(30, "a");
        DeadLettered = 1;
        AssertFine();
        DeadLettered = 2;
        AssertFound("dead-letters");
        DeadLettered = 1;
        Receive(50, "a", 2);
        AssertFound("dead-letters");
    }

    [Fact]
    public void A_message_that_failed_too_often_must_not_come_again()
    {
        Send(0, "a");
        for (int count = 1; count <= 4; count++) Receive(count * 1100, "a", count);
        Acknowledge(4500, "a", 4);
        AssertFound("dead-letters");
    }

    [Fact]
    public void A_message_must_not_be_acknowledged_and_a_dead_letter_too()
    {
        Send(0, "a");
        Receive(10, "a");
        Acknowledge(1020, "a", 1);
        ReceiveDead(1015, "a");
        DeadLettered = 1;
        AssertFound("dead-letters");
    }

    [Fact]
    public void What_was_never_sent_or_comes_otherwise_than_it_was_sent_or_fails_is_found()
    {
        Receive(10, "invented");
        Acknowledge(20, "invented", 1);
        AssertFound("as-sent");
        Send(0, new SentItem("invented") { Priority = 4 });
        AssertFound("as-sent");
        Clear();
        Add(new ReceiveOperation("q", 0, 1, 500, 1000, false, []));
        AssertFound("as-sent");
    }
}
