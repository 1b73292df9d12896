using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class IdempotencyTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public IdempotencyTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_repeated_send_answers_the_first_outcome_and_stores_nothing()
    {
        SendOutcome first = Send(Token(1, 7), "a", "b").Value;
        _harness.KillAndRestart();
        _harness.AdvanceMilliseconds(86_000_000);
        IdempotencyToken token = Token(1, 7);
        SendOutcome second = Send(token, "a", "b").Value;
        Assert.True(token.IsReplayed);
        Assert.Equal((first.IdAt(0), first.IdAt(1), first.SentAt), (second.IdAt(0), second.IdAt(1), second.SentAt));
        Assert.Equal(2, _harness.Stats().Available);
    }

    [Fact]
    public void A_repeated_call_answers_the_first_outcome_also_when_its_queue_is_gone()
    {
        SendOutcome sent = Send(Token(1, 7), "a").Value;
        ReceiptHandle receipt = _harness.Receive().Single().Receipt;
        Assert.Equal([BrokerError.None], Acknowledge(Token(2, 7), receipt).Value.Errors);
        Assert.Equal(
            BrokerError.None, _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None)));
        _harness.KillAndRestart();
        IdempotencyToken again = Token(1, 7);
        Assert.Equal(sent.IdAt(0), Send(again, "a").Value.IdAt(0));
        IdempotencyToken settled = Token(2, 7);
        Assert.Equal([BrokerError.None], Acknowledge(settled, receipt).Value.Errors);
        Assert.True(again.IsReplayed && settled.IsReplayed);
        Assert.Equal(BrokerError.QueueNotFound, Send(Token(3, 7), "a").Error);
        Assert.Equal(BrokerError.IdempotencyKeyReused, Send(Token(1, 8), "b").Error);
    }

    [Fact]
    public void The_same_key_with_another_request_is_refused()
    {
        Assert.True(Send(Token(1, 7), "a").Succeeded);
        Assert.Equal(BrokerError.IdempotencyKeyReused, Send(Token(1, 8), "b").Error);
        Assert.Equal(1, _harness.Stats().Available);
    }

    [Fact]
    public void A_key_is_forgotten_after_24_hours_and_not_before()
    {
        Send(Token(1, 7), "a");
        _harness.AdvanceMilliseconds(86_399_999);
        _harness.Sweep();
        Assert.True(Replayed(1));
        _harness.AdvanceMilliseconds(1);
        _harness.Sweep();
        Assert.Equal(0, _harness.Broker.Shard.Idempotency.Count);
        Assert.False(Replayed(1));
    }

    [Fact]
    public void A_refused_call_is_not_remembered()
    {
        Assert.Equal(
            BrokerError.QueueNotFound,
            _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name("none"), BrokerHarness.Batch("a"),
                Token(1, 7))).Error);
        _harness.CreateQueue("none");
        IdempotencyToken token = Token(1, 7);
        Assert.True(
            _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name("none"), BrokerHarness.Batch("a"),
                token)).Succeeded);
        Assert.False(token.IsReplayed);
    }

    [Fact]
    public void A_full_window_refuses_new_keys_and_still_knows_the_old_ones()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxIdempotencyKeys = 2 });
        harness.CreateQueue();
        for (int key = 0; key < 2; key++)
            Assert.True(
                harness.Run(() => harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("a"),
                    Token(key, 7))).Succeeded);
        Assert.Equal(
            BrokerError.IdempotencyWindowFull,
            harness.Run(() => harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("a"), Token(2, 7))).Error);
        IdempotencyToken known = Token(1, 7);
        Assert.True(
            harness.Run(() => harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("a"), known)).Succeeded);
        Assert.True(known.IsReplayed);
        Assert.Equal(2, harness.Stats().Available);
    }

    [Fact]
    public void Settling_and_dead_lettering_replay_too()
    {
        _harness.CreateQueue("dead");
        _harness.CreateQueue("work", new QueueConfig { Redrive = new RedrivePolicy("dead", 5) });
        QueueName work = BrokerHarness.Name("work");
        _harness.Run(() => _harness.Broker.Send(work, BrokerHarness.Batch("a", "b")));
        List<Received> leased = _harness.ReceiveFrom("work");
        for (int round = 0; round < 2; round++)
        {
            IdempotencyToken settle = Token(1, 1);
            SettleOutcome settled = _harness.Run(() =>
                _harness.Broker.Settle(work, Settlement.Release, [leased[0].Receipt], 60_000, settle)).Value;
            Assert.Equal([BrokerError.None], settled.Errors);
            IdempotencyToken bury = Token(2, 1);
            Result<Durability> moved =
                _harness.Run(() => _harness.Broker.DeadLetter(work, leased[1].Receipt, "why", bury));
            Assert.Equal((BrokerError.None, Durability.Fsync), (moved.Error, moved.Value));
            Assert.Equal((round == 1, round == 1), (settle.IsReplayed, bury.IsReplayed));
            ulong hash = _harness.Broker.Shard.StateHash();
            _harness.CutPowerAndRestart(9);
            Assert.Equal(hash, _harness.Broker.Shard.StateHash());
        }

        Assert.Single(_harness.ReceiveFrom("dead"));
    }

    private Result<SettleOutcome> Acknowledge(IdempotencyToken token, ReceiptHandle receipt) => _harness.Run(() =>
        _harness.Broker.Settle(BrokerHarness.Name(), Settlement.Acknowledge, [receipt], token: token));

    private bool Replayed(int key)
    {
        IdempotencyToken token = Token(key, 7);
        Assert.True(Send(token, "a").Succeeded);
        return token.IsReplayed;
    }

    private Result<SendOutcome> Send(IdempotencyToken token, params string[] bodies) =>
        _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch(bodies), token));

    private static IdempotencyToken Token(int key, int fingerprint) => new((UInt128)(key + 1), (UInt128)fingerprint);
}
