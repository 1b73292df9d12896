using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Histories;

/// <summary>A consumer's connection that lasts, and what it was handed out over it.</summary>
internal abstract class LiveConnection : IDisposable
{
    private readonly List<Handed> _handed = [];
    private readonly List<string> _wrong = [];

    /// <param name="visibility">Milliseconds for which each message is leased.</param>
    protected LiveConnection(HistoryRecorder recorder, string queue, int visibility) =>
        (Recorder, Queue, Visibility) = (recorder, queue, visibility);

    public string Queue { get; }

    /// <summary>Milliseconds.</summary>
    public int Visibility { get; }

    /// <summary>Receipts of messages that nothing was done with yet.</summary>
    public List<string> Held { get; } = [];

    /// <summary>What comes next; it may be asked again and again until it is completed.</summary>
    public Task<Line> Next { get; private set; } = Task.FromResult(default(Line));

    /// <summary>Before its request was sent.</summary>
    public required long OpenedAt { get; init; }

    protected HistoryRecorder Recorder { get; }

    /// <summary>When the server certainly was still there, once it has said anything.</summary>
    private long LastAt { get; set; }

    protected virtual int? Prefetch => null;

    /// <summary>A connection that the server ended or that broke is no fault of it: it may have been killed.</summary>
    public static bool IsBroken(Exception e) =>
        e is IOException or SocketException or HttpRequestException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException or Xunit.Sdk.XunitException;

    /// <summary>Deals with what came; answers false when nothing more will.</summary>
    public bool Take(Line line)
    {
        if (line.Json is null) return false;
        LastAt = line.At;
        Understand(line.Json, line.At);
        return true;
    }

    public void ReadNext() => Next = Read();

    public abstract Task Settle(SettleKind kind, int? seconds, params string[] receipts);

    /// <summary>Goes without a farewell.</summary>
    public void Drop()
    {
        long at = Recorder.Now;
        Dispose();
        Leave(at, isWhole: false);
    }

    /// <summary>It broke by itself, at some time since it said something last.</summary>
    public void Lose()
    {
        Dispose();
        Leave(LastAt, isWhole: false);
    }

    public abstract void Dispose();

    protected abstract Task<JsonNode?> ReadLine();

    protected abstract void Understand(JsonNode line, long at);

    /// <param name="notBefore">The earliest time at which it can have been leased.</param>
    protected void Hand(JsonNode message, long at, long? notBefore)
    {
        Delivery delivery = Recorder.Read(message);
        long leasedAt = delivery.VisibleAt - (Visibility * 1000L);
        if (leasedAt > at + History.Slack) Wrong($"leased in the future: {delivery}");
        _handed.Add(new Handed(delivery, at, Math.Max(leasedAt - History.Slack, notBefore ?? OpenedAt)));
        Held.Add(delivery.Receipt);
    }

    protected void Wrong(string what) => _wrong.Add(what);

    /// <summary>Messages that are leased at one time came together.</summary>
    /// <param name="heldUntil">The server may have ended what it held from then on.</param>
    protected void Leave(long heldUntil, bool isWhole)
    {
        LiveOperation live = new(
            Queue, OpenedAt, isWhole ? Recorder.Now : Operation.Never, isWhole ? 200 : 0)
        {
            Prefetch = Prefetch, Wrong = _wrong,
        };
        Recorder.Add(live);
        foreach (Handed[] together in _handed.GroupBy(static one => one.Delivery.VisibleAt).Select(Enumerable.ToArray))
        {
            Recorder.Add(new ReceiveOperation(
                Queue, together.Min(static one => one.NotBefore), together.Max(static one => one.At), 200, Visibility,
                false, [.. together.Select(static one => one.Delivery)])
            {
                Live = live, EndsAt = heldUntil,
            });
        }
    }

    protected async Task<Line> Read()
    {
        try
        {
            JsonNode? json = await ReadLine();
            return new Line(json, Recorder.Now);
        }
        catch (Exception e) when (IsBroken(e))
        {
            return default;
        }
    }

    /// <param name="Json">Null at the end.</param>
    public readonly record struct Line(JsonNode? Json, long At);

    private readonly record struct Handed(Delivery Delivery, long At, long NotBefore);
}
