namespace QueueService.Server.Tests.Faults;

/// <summary>The checker of the kill tests must itself catch what it is there for.</summary>
public sealed class DeliveryLedgerTests
{
    private readonly DeliveryLedger _ledger = new();

    [Fact]
    public void A_message_that_is_sent_received_and_acknowledged_once_is_fine()
    {
        Send("a");
        Acknowledge(Receive("a", 1));
        Assert.Empty(_ledger.Judge());
    }

    [Fact]
    public void A_message_with_an_unknown_outcome_may_be_there_or_not()
    {
        _ledger.Sending("there");
        _ledger.Sending("gone");
        Acknowledge(Receive("there", 1));
        Assert.Empty(_ledger.Judge());
    }

    [Fact]
    public void An_unknown_acknowledgement_may_have_happened_or_not()
    {
        Send("again", "gone");
        _ledger.Acknowledging(Receive("gone", 1));
        _ledger.Acknowledging(Receive("again", 1));
        Acknowledge(Receive("again", 2));
        Assert.Empty(_ledger.Judge());
    }

    [Fact]
    public void A_confirmed_message_that_nobody_received_is_lost()
    {
        Send("a");
        AssertOneViolation("lost");
    }

    [Fact]
    public void A_confirmed_message_that_vanished_after_its_lease_is_lost()
    {
        Send("a");
        Receive("a", 1);
        AssertOneViolation("lost");
    }

    [Fact]
    public void A_delivery_after_a_confirmed_acknowledgement_is_a_resurrection()
    {
        Send("a");
        Acknowledge(Receive("a", 1));
        Receive("a", 2);
        AssertOneViolation("resurrected");
    }

    [Fact]
    public void A_delivery_that_overlaps_the_acknowledgement_is_a_resurrection_when_its_lease_is_newer()
    {
        Send("a");
        long before = _ledger.Now();
        Acknowledge(Receive("a", 1));
        _ledger.Received(new Delivery("a", "r", 2), before);
        AssertOneViolation("resurrected");
    }

    [Fact]
    public void A_message_that_nobody_sent_is_invented()
    {
        Receive("a", 1);
        AssertOneViolation("invented");
    }

    [Fact]
    public void A_receive_count_that_goes_backwards_is_found()
    {
        Send("a");
        Delivery second = Receive("a", 2);
        Receive("a", 1);
        Acknowledge(second);
        AssertOneViolation("receiveCount");
    }

    [Fact]
    public void A_receive_count_that_is_given_twice_is_a_double_lease()
    {
        Send("a");
        long before = _ledger.Now();
        Delivery first = Receive("a", 1);
        _ledger.Received(first, before);
        Acknowledge(first);
        AssertOneViolation("double lease");
    }

    [Fact]
    public void A_batch_of_which_only_a_part_exists_is_torn()
    {
        _ledger.Sending("a", "b");
        Acknowledge(Receive("a", 1));
        AssertOneViolation("torn batch");
    }

    private void Send(params string[] bodies)
    {
        foreach (string body in bodies)
        {
            _ledger.Sending(body);
            _ledger.Sent(body);
        }
    }

    private Delivery Receive(string body, int count)
    {
        var delivery = new Delivery(body, "receipt", count);
        _ledger.Received(delivery, _ledger.Now());
        return delivery;
    }

    private void Acknowledge(Delivery delivery)
    {
        _ledger.Acknowledging(delivery);
        _ledger.AcknowledgementConfirmed(delivery);
    }

    private void AssertOneViolation(string kind) =>
        Assert.StartsWith(kind, Assert.Single(_ledger.Judge()), StringComparison.Ordinal);
}
