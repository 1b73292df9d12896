using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

// What is awaited is the read that this client started itself.
#pragma warning disable VSTHRD003

namespace QueueService.Server.Tests.Histories;

/// <summary>A consumer that says all that it wants over its one request.</summary>
internal sealed class ConsumeConnection : LiveConnection
{
    private readonly DuplexRequest _lines;
    private readonly Queue<Asked> _asked = new();

    /// <summary>For each message that was allowed, when.</summary>
    private readonly List<long> _credit = [];

    private int _messages;

    private ConsumeConnection(HistoryRecorder recorder, string queue, int visibility, DuplexRequest lines)
        : base(recorder, queue, visibility) => _lines = lines;

    /// <summary>Messages that may still come.</summary>
    public int Credit => _credit.Count - _messages;

    /// <param name="visibility">Milliseconds.</param>
    public static async Task<LiveConnection> Open(HistoryRecorder recorder, string queue, int visibility)
    {
        long at = recorder.Now;
        DuplexRequest lines = await recorder.OpenDuplex($"{queue}/consume?visibilityTimeout={visibility}ms");
        return new ConsumeConnection(recorder, queue, visibility, lines) { OpenedAt = at };
    }

    public Task Grant(int credit) => Say(new JsonObject(), credit);

    public override Task Settle(SettleKind kind, int? seconds, params string[] receipts) =>
        Settle(kind, seconds, 0, receipts);

    /// <summary>Settles and allows so many messages more, in one line.</summary>
    public async Task Settle(SettleKind kind, int? seconds, int credit, params string[] receipts)
    {
        JsonObject line = new() { [Verb(kind)] = new JsonArray([.. receipts.Select(static one => (JsonNode)one)]) };
        if (seconds is not null)
            line[kind == SettleKind.Extend ? "visibilityTimeoutSeconds" : "delaySeconds"] = seconds;
        _asked.Enqueue(new Asked(kind, seconds, receipts, Recorder.Now));
        await Say(line, credit);
    }

    /// <summary>Ends the request and reads all that comes.</summary>
    public async Task End()
    {
        long at = Recorder.Now;
        await _lines.End();
        while (Take(await Next)) ReadNext();
        foreach (Asked asked in _asked) Wrong($"no result: {asked}");
        _asked.Clear();
        Dispose();
        Leave(at, isWhole: true);
    }

    public override void Dispose()
    {
        while (_asked.TryDequeue(out Asked asked))
            Record(asked, Operation.Never, 0, [.. asked.Receipts.Select(static receipt => (receipt, 0))]);
        _lines.Abort();
        _lines.Dispose();
    }

    protected override Task<JsonNode?> ReadLine() => _lines.Read();

    protected override void Understand(JsonNode line, long at)
    {
        if (line["receiptHandle"] is not null)
        {
            if (Credit == 0) Wrong($"a message more than the credit of {_credit.Count}: {line}");
            Hand(line, at, _credit.ElementAtOrDefault(_messages++));
        }
        else if (line["heartbeat"] is null) Understand(line.AsObject(), at);
    }

    private static string Verb(SettleKind kind) => kind switch
    {
        SettleKind.Acknowledge => "acknowledge",
        SettleKind.Release => "release",
        _ => "extend",
    };

    private void Understand(JsonObject line, long at)
    {
        if (!_asked.TryDequeue(out Asked asked) || line[Result(asked.Kind)] is not JsonArray results
            || !results.Select(static result => (string)result!["receiptHandle"]!).SequenceEqual(asked.Receipts))
        {
            Wrong($"an answer to something else than {asked}: {line}");
            return;
        }

        Record(
            asked, at, 200, [.. asked.Receipts.Zip(results, static (one, result) => (one, (int)result!["status"]!))]);
    }

    private static string Result(SettleKind kind) => kind switch
    {
        SettleKind.Acknowledge => "acknowledged",
        SettleKind.Release => "released",
        _ => "extended",
    };

    private void Record(Asked asked, long answeredAt, int status, (string, int)[] each) => Recorder.Add(
        new SettleOperation(Queue, asked.At, answeredAt, status, asked.Kind, asked.Seconds * 1000, each));

    private async Task Say(JsonObject line, int credit)
    {
        if (credit > 0) line["credit"] = credit;
        for (int i = 0; i < credit; i++) _credit.Add(Recorder.Now);
        await _lines.Write(line.ToJsonString());
    }

    private readonly record struct Asked(SettleKind Kind, int? Seconds, string[] Receipts, long At);
}
