using System.Buffers;
using QueueService.Broker.Queues;
using QueueService.Storage;

namespace QueueService.Broker.Tests.Queues;

public sealed class LimitTests
{
    [Fact]
    public void More_waiting_receives_than_the_limit_are_refused()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxWaiters = 2 });
        harness.CreateQueue();
        _ = harness.Wait(10_000);
        _ = harness.Wait(10_000);
        Assert.Equal(BrokerError.TooManyWaiters, harness.Run(() => Receive(harness, wait: 10_000)).Error);
        Assert.Equal(BrokerError.None, harness.Run(() => Receive(harness, wait: 0)).Error);
        harness.AdvanceMilliseconds(10_000);
        harness.Turn();
        _ = harness.Wait(10_000);
    }

    [Fact]
    public void An_acknowledgement_carried_by_a_refused_receive_is_reported()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxWaiters = 0 });
        harness.CreateQueue();
        harness.Send("a");
        Received received = Assert.Single(harness.Receive());
        Result<ReceivedMessages> result = harness.Run(() => Receive(harness, wait: 10_000, received.Receipt));
        Assert.Equal([BrokerError.None], result.Value.Acknowledged);
        Assert.Empty(BrokerHarness.Read(result.Value));
        Assert.Equal(1, harness.Stats().DeletedTotal);
    }

    [Fact]
    public void More_leases_than_the_limit_are_refused_until_one_ends()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxInFlightPerQueue = 3 });
        harness.CreateQueue();
        harness.Send("a", "b", "c", "d", "e");
        List<Received> leased = harness.Receive(10);
        Assert.Equal(3, leased.Count);
        Assert.NotNull(harness.Stats().BlockedReason);
        Assert.Equal(BrokerError.TooManyInFlight, harness.Run(() => Receive(harness, wait: 0)).Error);
        Task<Result<ReceivedMessages>> waiting = harness.Wait(10_000);
        harness.Acknowledge(leased[1].Receipt);
        Assert.True(waiting.IsCompleted);
        Assert.Equal("e", Assert.Single(harness.Receive(auto: true)).Body);
        Assert.Null(harness.Stats().BlockedReason);
    }

    [Fact]
    public void Leases_whose_time_is_over_do_not_count()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxInFlightPerQueue = 2 });
        harness.CreateQueue();
        harness.Send("a", "b", "c");
        Assert.Equal(2, harness.Receive().Count);
        harness.AdvanceMilliseconds(30_000);
        Assert.Equal(["a", "b"], harness.Receive().Select(static message => message.Body));
    }

    [Fact]
    public void A_receive_that_leases_nothing_has_no_limit_also_behind_one_that_waits()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxInFlightPerQueue = 1 });
        harness.CreateQueue();
        harness.Send("a", "b");
        harness.Receive();
        using var cancellation = new CancellationTokenSource();
        _ = harness.Wait(10_000, cancellation: cancellation.Token);
        Task<Result<ReceivedMessages>> taking = harness.StartReceive(10_000, auto: true);
        harness.Turn();
        Assert.False(taking.IsCompleted);
        cancellation.Cancel();
        harness.Turn();
        Assert.True(taking.IsCompleted);
    }

    [Fact]
    public void More_queues_than_the_limit_are_refused()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxQueues = 2 });
        harness.CreateQueue("a");
        harness.CreateQueue("b");
        Assert.Equal(BrokerError.TooManyQueues, harness.Run(() =>
            harness.Broker.PutQueue(BrokerHarness.Name("c"), new QueueConfig(), Precondition.None)).Error);
        harness.Run(() => harness.Broker.DeleteQueue(BrokerHarness.Name("a"), Precondition.None));
        harness.CreateQueue("c");
    }

    [Fact]
    public void A_message_or_a_batch_that_is_too_large_is_refused_whole_unless_partial()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: new QueueConfig { MaxMessageBytes = 3 });
        Assert.Equal(BrokerError.MessageTooLarge, harness.TrySend("four").Error);
        Assert.Equal(BrokerError.MessageTooLarge, harness.Run(() =>
            harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("a", "four", "b"))).Error);
        Assert.Empty(harness.Browse());
        MessageBatch batch = BrokerHarness.Batch("a", "four", "b");
        batch.Partial = true;
        SendOutcome partial = harness.Run(() => harness.Broker.Send(BrokerHarness.Name(), batch)).Value;
        Assert.Equal([BrokerError.None, BrokerError.MessageTooLarge, BrokerError.None], partial.Errors);
        Assert.Equal(["a", "b"], harness.Browse().Select(static message => message.Body));
        Assert.Equal(harness.Browse()[1].Id, partial.IdAt(1));
    }

    [Fact]
    public void Too_many_holes_pause_the_hand_out_and_forget_no_acknowledgement()
    {
        const int Limit = 4_096;
        using var harness = new BrokerHarness();
        harness.CreateQueue();
        MessageQueue queue = harness.Broker.Shard.FindQueue(BrokerHarness.Name())!;
        var kept = new List<Received>();
        for (int block = 0; block < Limit; block++)
        {
            harness.Send("kept", "acknowledged");
            List<Received> messages = harness.Receive(visibility: 1_000_000);
            kept.Add(messages[0]);
            Assert.Equal([BrokerError.None], harness.Acknowledge(messages[1].Receipt));
            Skip(queue);
        }

        harness.Send("blocked");
        Assert.NotNull(harness.Stats().BlockedReason);
        Assert.Empty(harness.Receive());
        Task<Result<ReceivedMessages>> waiting = harness.Wait(60_000);
        Assert.Equal([BrokerError.None], harness.Acknowledge(kept[0].Receipt));
        Assert.True(waiting.IsCompleted);
        Assert.Null(harness.Stats().BlockedReason);
        Assert.Equal(Limit + 1, harness.Stats().DeletedTotal);
    }

    /// <summary>Leaves offsets out, so that a test need not send a quarter of a billion messages.</summary>
    private static void Skip(MessageQueue queue)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.WriteVarint((ulong)queue.Main.End + TerminalSet.BlockOffsets);
        bytes.WriteVarint((ulong)queue.Epoch);
        queue.Apply(new JournalRecord(queue.Resource, (byte)QueueRecord.Restarted, 0, 0, bytes.WrittenSpan));
    }

    private static ValueTask<Result<ReceivedMessages>> Receive(
        BrokerHarness harness, int wait, params ReceiptHandle[] carried) =>
        harness.Broker.Receive(
            BrokerHarness.Name(), new ReceiveRequest { Max = 10, WaitMilliseconds = wait, Acknowledge = carried },
            CancellationToken.None);
}
