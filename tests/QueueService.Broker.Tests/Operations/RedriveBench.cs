using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Operations;

/// <summary>Queues `jobs` and `mail` whose failed messages go to `dead`, and the calls of these tests.</summary>
internal sealed class RedriveBench : IDisposable
{
    public RedriveBench()
    {
        Harness.CreateQueue("dead");
        Harness.CreateQueue("jobs", new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
        Harness.CreateQueue("mail", new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
    }

    public BrokerHarness Harness { get; } = new();

    public MessageBroker Broker => Harness.Broker;

    public void Dispose() => Harness.Dispose();

    public MessageId Send(string body, string queue = "jobs", string tenant = "acme", long? delay = null)
    {
        MessageBatch batch = MessageBatch.Rent();
        var headers = new MessageHeaders
        {
            Attributes =
            [
                new MessageAttribute("tenant", AttributeKind.String, tenant),
                new MessageAttribute("size", AttributeKind.Number, "1.50"),
            ],
        };
        batch.Add(headers, Encoding.UTF8.GetBytes(body), new SendOptions { DelayMilliseconds = delay });
        Result<SendOutcome> result = Harness.Run(() => Broker.Send(BrokerHarness.Name(queue), batch));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value.IdAt(0);
    }

    /// <summary>Everything that can be received now.</summary>
    public List<Received> Receive(string queue, long visibility = 30_000, int max = 1_000) =>
        BrokerHarness.Read(Harness.Run(() => Broker.Receive(
            BrokerHarness.Name(queue), new ReceiveRequest { Max = max, VisibilityMilliseconds = visibility },
            CancellationToken.None)).Value);

    /// <summary>Lets everything in the queue fail once, and moves it to the dead-letter queue.</summary>
    public void Kill(string queue = "jobs")
    {
        while (Receive(queue, visibility: 1_000).Count > 0)
        {
        }

        Harness.AdvanceMilliseconds(1_000);
        Sweep();
    }

    public void SendDead(int count, string queue = "jobs")
    {
        for (int i = 0; i < count; i++) Send($"{queue} {i}", queue);
        Kill(queue);
    }

    public void Sweep() => Await(() => Broker.Sweep());

    public Result<Operation> TryRedrive(
        string? to = null, MessageFilter? filter = null, long? limit = null, int? rate = null, bool dryRun = false) =>
        Harness.Run(() => Broker.Redrive(
            BrokerHarness.Name("dead"), new RedriveRequest(to, filter ?? MessageFilter.All, limit, rate), dryRun));

    /// <summary>A redrive that runs to its end.</summary>
    public Operation Redrive(
        string? to = null, MessageFilter? filter = null, long? limit = null, bool dryRun = false)
    {
        Result<Operation> created = TryRedrive(to, filter, limit, null, dryRun);
        Assert.Equal(BrokerError.None, created.Error);
        Assert.Equal(OperationStatus.Queued, created.Value.Status);
        RunOperations();
        Operation done = Get(created.Value.Id);
        Assert.False(done.IsActive);
        return done;
    }

    public void RunOperations() => Await(() => Broker.RunOperations(CancellationToken.None));

    public Operation Get(OperationId id) => Harness.Run(() => Broker.GetOperation(id)).Value;

    public List<Seen> Browse(string queue)
    {
        using ReceivedMessages messages = Harness.Run(() =>
            Broker.Browse(BrokerHarness.Name(queue), new BrowseRequest { Limit = 10_000 })).Value;
        var seen = new List<Seen>();
        for (int i = 0; i < messages.Count; i++)
        {
            Assert.True(messages.TryRead(i, out MessageView view));
            seen.Add(new Seen(
                view.Id, Encoding.UTF8.GetString(view.Body), view.SentAt, view.ReceiveCount, view.State, view.Origin));
        }

        return seen;
    }

    public List<string> Bodies(string queue) => [.. Browse(queue).Select(static message => message.Body)];

    public Result<ReceivedMessages> Find(string queue, MessageId id) =>
        Harness.Run(() => Broker.FindMessage(BrokerHarness.Name(queue), id));

    public BrokerError Delete(string queue, MessageId id) =>
        Harness.Run(() => Broker.DeleteMessage(BrokerHarness.Name(queue), id));

    public void Await(Func<Task> start) => Harness.Run(
        async () =>
        {
            await start();
            return true;
        },
        turns: 10_000);

    internal sealed record Seen(
        MessageId Id, string Body, long SentAt, int ReceiveCount, MessageState State, MessageOrigin? Origin);
}
