using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

/// <summary>Dead letters as SQS moves them: with the receive that would exceed the count.</summary>
public sealed class SqsDeadLetterTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void The_receive_after_the_last_one_that_is_allowed_moves_the_message_and_goes_on()
    {
        Create(QueueType.Standard);
        Send(null, "poison", "good");
        Assert.Equal("poison", Receive(1, visibility: 0).Single().Body);
        Received second = Receive(1, visibility: 0).Single();
        Assert.Equal(("poison", 2), (second.Body, second.ReceiveCount));
        Assert.Equal("good", Assert.Single(Receive(10)).Body);
        Assert.Equal(0, _harness.Stats().Available);
        Assert.Equal("poison", Assert.Single(_harness.ReceiveFrom("dead")).Body);
    }

    [Fact]
    public void A_receive_that_finds_nothing_else_moves_the_message()
    {
        Create(QueueType.Standard);
        Send(null, "poison");
        Receive(1, visibility: 0);
        MessageId id = Receive(1, visibility: 0).Single().Id;
        Assert.Empty(Receive(1));
        Received dead = Assert.Single(_harness.ReceiveFrom("dead"));
        Assert.Equal((id, 1), (dead.Id, dead.ReceiveCount));
        Assert.Equal(0, _harness.Stats().Blocked);
    }

    [Fact]
    public void The_group_of_a_FIFO_queue_goes_on_in_the_same_receive()
    {
        Create(QueueType.Fifo);
        Send("a", "1", "2");
        for (int i = 0; i < 2; i++) Assert.Equal("1", Receive(1, visibility: 0).Single().Body);
        Assert.Equal(["2"], Receive(10).Select(static message => message.Body));
        using ReceivedMessages dead = _harness.Run(() => _harness.Broker.Receive(
            BrokerHarness.Name("dead"), new ReceiveRequest { Max = 10 }, CancellationToken.None)).Value;
        Assert.True(dead.TryRead(0, out MessageView message));
        Assert.Equal(("jobs", 2), (message.Origin!.SourceQueue, message.Origin.ReceiveCount));
        Assert.Equal("a", message.ReadHeaders().GroupId);
    }

    [Fact]
    public void A_receive_that_waits_moves_what_fails_meanwhile_and_waits_on()
    {
        Create(QueueType.Standard);
        Send(null, "poison");
        Receive(1, visibility: 0);
        Receive(1, visibility: 5_000);
        Task<Result<ReceivedMessages>> call = BrokerHarness.Begin(() => _harness.Broker.Receive(
            BrokerHarness.Name(), new ReceiveRequest { Max = 1, WaitMilliseconds = 20_000, MovesDeadLetters = true },
            CancellationToken.None));
        Turns();
        _harness.AdvanceMilliseconds(5_000);
        Turns();
        Assert.False(call.IsCompleted);
        Assert.Equal("poison", Assert.Single(_harness.ReceiveFrom("dead")).Body);
        _harness.AdvanceMilliseconds(14_900);
        Turns();
        Assert.False(call.IsCompleted);
        _harness.AdvanceMilliseconds(200);
        Turns();
        Assert.Empty(BrokerHarness.Read(BrokerHarness.Answer(call).Value));
    }

    [Fact]
    public void Where_the_dead_letter_queue_is_gone_a_receive_answers_all_the_same()
    {
        Create(QueueType.Standard);
        Send(null, "poison");
        _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name("dead"), Precondition.None));
        for (int i = 0; i < 2; i++) Assert.Single(Receive(1, visibility: 0));
        Assert.Empty(Receive(1));
        Assert.Equal(1, _harness.Stats().Blocked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deliveries_are_counted_along_a_chain_of_dead_letter_queues(bool snapshots)
    {
        _harness.CreateQueue("third");
        _harness.CreateQueue("second", new QueueConfig { Redrive = new RedrivePolicy("third", 3) });
        _harness.CreateQueue(config: new QueueConfig { Redrive = new RedrivePolicy("second", 2) });
        Send(null, "poison");
        Fail("jobs", 2);
        Assert.Equal((2, 2), Dead("second"));
        Restart(snapshots);
        Fail("second", 3);
        Restart(snapshots);
        Assert.Equal((3, 5), Dead("third"));
    }

    [Fact]
    public void A_redrive_begins_to_count_anew()
    {
        Create(QueueType.Standard);
        Send(null, "poison");
        Fail("jobs", 2);
        _harness.Run(() => _harness.Broker.Redrive(
            BrokerHarness.Name("dead"), new RedriveRequest("jobs", MessageFilter.All)));
        _harness.Run(() => new ValueTask<bool>(Redriven()));
        Fail("jobs", 2);
        Assert.Equal((2, 2), Dead("dead"));

        async Task<bool> Redriven()
        {
            await _harness.Broker.RunOperations(CancellationToken.None);
            return true;
        }
    }

    private void Create(QueueType type)
    {
        _harness.CreateQueue("dead", new QueueConfig { Type = type });
        _harness.CreateQueue(config: new QueueConfig { Type = type, Redrive = new RedrivePolicy("dead", 2) });
    }

    private List<Received> Receive(int max, long? visibility = null)
    {
        var request = new ReceiveRequest
        {
            Max = max, WaitMilliseconds = 0, VisibilityMilliseconds = visibility, MovesDeadLetters = true,
        };
        Result<ReceivedMessages> result = _harness.Run(() =>
            _harness.Broker.Receive(BrokerHarness.Name(), request, CancellationToken.None));
        Assert.Equal(BrokerError.None, result.Error);
        return BrokerHarness.Read(result.Value);
    }

    private void Send(string? group, params string[] bodies)
    {
        MessageBatch batch = MessageBatch.Rent();
        foreach (string body in bodies) batch.Add(new MessageHeaders { GroupId = group }, Encoding.UTF8.GetBytes(body));
        Assert.True(_harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Succeeded);
    }

    /// <summary>Receives a message so often without an acknowledgement, and once more, which moves it.</summary>
    private void Fail(string queue, int times)
    {
        var request = new ReceiveRequest { Max = 1, WaitMilliseconds = 0, VisibilityMilliseconds = 0, MovesDeadLetters = true };
        for (int i = 0; i <= times; i++)
        {
            List<Received> received = BrokerHarness.Read(_harness.Run(() =>
                _harness.Broker.Receive(BrokerHarness.Name(queue), request, CancellationToken.None)).Value);
            Assert.Equal(i < times ? 1 : 0, received.Count);
        }
    }

    private void Restart(bool snapshots)
    {
        if (!snapshots) _harness.KillAndRestart();
        else _harness.CloseAndRestart();
    }

    /// <summary>Deliveries in the queue before this one, and in all before it.</summary>
    private (int Last, int All) Dead(string queue)
    {
        using ReceivedMessages dead = _harness.Run(() =>
            _harness.Broker.Browse(BrokerHarness.Name(queue), new BrowseRequest { Limit = 10 })).Value;
        Assert.True(dead.TryRead(0, out MessageView message));
        return (message.Origin!.ReceiveCount, message.Origin.Receives);
    }

    private void Turns()
    {
        for (int i = 0; i < 10; i++) _harness.Turn();
    }
}
