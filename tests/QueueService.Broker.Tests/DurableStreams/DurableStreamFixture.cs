using System.Text;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;

namespace QueueService.Broker.Tests.DurableStreams;

/// <summary>A broker and its durable streams.</summary>
internal sealed class DurableStreamFixture : IDisposable
{
    public BrokerHarness Harness { get; } = new();

    public static DurableStreamName Name(string path) =>
        DurableStreamName.TryParse(path, out DurableStreamName name) ? name : throw new ArgumentException(path);

    public static DurableStreamDraft Draft(string path) => new(Name(path)) { ContentType = "text/plain" };

    public static DurableStreamDraft Fork(string path, string source, long? at = null) =>
        new(Name(path)) { Source = Name(source), ForkOffset = at };

    public void Dispose() => Harness.Dispose();

    public Result<DurableStreamChange> Put(DurableStreamDraft draft, params string[] bodies)
    {
        using MessageBatch batch = BrokerHarness.Batch(bodies);
        return Harness.Run(() => Harness.Broker.PutDurableStream(draft, batch));
    }

    public void Create(DurableStreamDraft draft, params string[] bodies) =>
        Assert.True(Put(draft, bodies).Value.Created);

    public Result<DurableAppendOutcome> Append(DurableStreamAppend append, params string[] bodies)
    {
        using MessageBatch batch = BrokerHarness.Batch(bodies);
        return Harness.Run(() => Harness.Broker.AppendDurable(append with { ContentType = "text/plain" }, batch));
    }

    public BrokerError Append(string path, params string[] bodies)
    {
        Result<DurableAppendOutcome> result = Append(new DurableStreamAppend(Name(path)), bodies);
        return result.Succeeded ? result.Value.Refused : result.Error;
    }

    public BrokerError Close(string path, params string[] bodies)
    {
        Result<DurableAppendOutcome> result = Append(new DurableStreamAppend(Name(path)) { Closes = true }, bodies);
        return result.Succeeded ? result.Value.Refused : result.Error;
    }

    public Result<DurableAppendOutcome> Produce(string path, string producer, long epoch, long sequence, string body) =>
        Append(new DurableStreamAppend(Name(path)) { Producer = new ProducerState(producer, epoch, sequence) }, body);

    public BrokerError Delete(string path) => Harness.Run(() => Harness.Broker.DeleteDurableStream(Name(path)));

    public Result<DurableStreamState> Get(string path) =>
        Harness.Run(() => Harness.Broker.GetDurableStream(Name(path)));

    public string Text(string path, long from = 0, int max = 1_000)
    {
        Result<DurableStreamPage> result =
            Harness.Run(() => Harness.Broker.ReadDurableStream(Name(path), from, max, 0, CancellationToken.None));
        return result.Succeeded ? Text(result.Value) : result.Error.ToString();
    }

    /// <summary>Starts to wait at an offset.</summary>
    public Task<Result<DurableStreamPage>> Wait(string path, long from)
    {
        Task<Result<DurableStreamPage>> read = BrokerHarness.Begin(() =>
            Harness.Broker.ReadDurableStream(Name(path), from, 100, 20_000, CancellationToken.None));
        Harness.Turn();
        Harness.Turn();
        Assert.False(read.IsCompleted);
        return read;
    }

    /// <summary>The records, a | where there was nothing more and a . where nothing more will come.</summary>
    public static string Text(DurableStreamPage page)
    {
        var text = new StringBuilder();
        using (page)
        {
            foreach (ReceivedMessages part in page.Parts)
                for (int i = 0; i < part.Count; i++)
                    text.Append(part.TryRead(i, out MessageView record) ? Encoding.UTF8.GetString(record.Body) : "?");
            return text.Append(page.IsUpToDate ? "|" : "").Append(page.IsClosed ? "." : "").ToString();
        }
    }
}
