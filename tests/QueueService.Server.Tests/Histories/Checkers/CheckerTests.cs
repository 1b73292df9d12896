namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>The checkers must themselves catch what they are there for, and nothing else. Times are milliseconds.
/// </summary>
public sealed class CheckerTests
{
    private static readonly HistorySetup Standard = new("q", "dead", IsFifo: false, 3, 0, IsRedriven: false);

    private readonly List<Operation> _operations = [];
    private HistorySetup _setup = Standard;
    private long _left;
    private long _deadLettered;

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
        _operations.Add(new SendOperation("q", 0, Operation.Never, 0, null, [new SentItem("there")]));
        _operations.Add(new SendOperation("q", 0, Operation.Never, 0, null, [new SentItem("gone")]));
        Send(0, "acknowledged");
        Receive(10, "there");
        Acknowledge(20, "there", 1);
        Receive(20, "acknowledged");
        _operations.Add(new SettleOperation(
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
        _left = 1;
        AssertFound("no-loss");
    }

    [Fact]
    public void A_message_that_has_expired_is_not_lost_and_one_that_had_time_left_is()
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
        _operations.Add(new ReceiveOperation("q", 10_000, 11_000, 200, 0, true, [Delivery("a", 1)]));
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
        _operations.Add(new ReceiveOperation(
            "q", 10_000, 11_000, 200, 1000, false, [Delivery("a", 1) with { VisibleAt = 600_000 }]));
        Acknowledge(20, "a", 1);
        AssertFound("no-double-lease");
    }

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
        _setup = Standard with { RetryMilliseconds = 1000 };
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
        _operations.Add(new SendOperation("q", 5_000, 6_000, 200, null,
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
        _operations.Add(new SendOperation("q", 0, Operation.Never, 0, "k", [new SentItem("a")]));
        _operations.Add(new SendOperation("q", 5_000, 6_000, 201, "k", [new SentItem("a") { Id = "id-a" }]));
        Receive(10, "a");
        Acknowledge(20, "a", 1);
        AssertFine();
        _operations.Add(new ReceiveOperation("q", 10_000, 11_000, 200, 1000, false,
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
            _operations.Add(new ReceiveOperation("q", at * 1000, (at + 1) * 1000, 200, 1000, false,
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
        _deadLettered = 1;
        AssertFine();
        _deadLettered = 2;
        AssertFound("dead-letters");
        _deadLettered = 1;
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
        _deadLettered = 1;
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
        _operations.Clear();
        _operations.Add(new ReceiveOperation("q", 0, 1, 500, 1000, false, []));
        AssertFound("as-sent");
    }

    private static Delivery Delivery(string body, int count) => new("id-" + body, $"{body}#{count}", body)
    {
        ReceiveCount = count, SequenceNumber = body[0],
    };

    private void Send(int at, string body) => Send(at, new SentItem(body));

    private void Send(int at, SentItem item) => _operations.Add(
        new SendOperation("q", at * 1000, (at + 1) * 1000, 201, null, [item with { Id = "id-" + item.Body }]));

    private void Receive(int at, string body, int count = 1) => _operations.Add(
        new ReceiveOperation("q", at * 1000, (at + 1) * 1000, 200, 1000, false, [Delivery(body, count)]));

    private void ReceiveDead(int at, string body)
    {
        Delivery letter = Delivery(body, 1) with { Receipt = "dead#1" };
        _operations.Add(new ReceiveOperation("dead", at * 1000, (at + 1) * 1000, 200, 1000, false, [letter]));
        _operations.Add(new SettleOperation(
            "dead", (at + 2) * 1000, (at + 3) * 1000, 204, SettleKind.Acknowledge, null, [("dead#1", 204)]));
    }

    private void Group(params string[] bodies)
    {
        _setup = Standard with { IsFifo = true };
        foreach (string body in bodies) Send(0, new SentItem(body) { Group = "g" });
    }

    private void ReceiveGroup(int at, params (string Body, int Count)[] messages) => _operations.Add(
        new ReceiveOperation("q", at * 1000, (at + 1) * 1000, 200, 1000, false,
            [.. messages.Select(static message => Delivery(message.Body, message.Count) with { Group = "g" })]));

    private void Acknowledge(int at, string body, int count) =>
        Settle(at, SettleKind.Acknowledge, null, 204, body, count);

    private void Settle(int at, SettleKind kind, int? milliseconds, int status, string body, int count) =>
        _operations.Add(new SettleOperation(
            "q", at * 1000, (at + 1) * 1000, status, kind, milliseconds, [($"{body}#{count}", status)]));

    private void AssertFine() => Assert.Empty(Judge());

    private void AssertFound(string checker) => AssertFoundIf(true, checker);

    private void AssertFoundIf(bool found, string checker)
    {
        if (found) Assert.Contains(Judge(), violation => violation.StartsWith(checker + ":", StringComparison.Ordinal));
        else AssertFine();
    }

    private IReadOnlyList<string> Judge() =>
        Checker.Judge(new History(_setup, _operations, new HistoryEnd(_left, _deadLettered, 10_000_000)));
}
