using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Histories;

/// <summary>A client that sends messages one by one over one request, some of them wrong, and goes away at random.
/// </summary>
internal sealed class StreamProducer(
    HistoryRecorder recorder, LiveSetup setup, SeededRandom random, Func<SentItem> newItem)
{
    private const int MaxPending = 12;

    private static readonly string[] Bad =
        ["{\"body\":", "{\"body\":\"x\",\"priority\":10}", "[]", "{\"groupId\":\"g\"}"];

    private readonly Queue<Sending> _pending = new();
    private readonly List<SentItem> _sent = [];
    private readonly List<string> _wrong = [];
    private DuplexRequest? _lines;
    private long _openedAt;

    public async Task Run(int steps)
    {
        for (int step = 0; step < steps; step++) await Try(random.Chance(1, 8) && _lines is not null ? Leave : Step);
        if (_lines is not null) await Try(Leave);
    }

    private async Task Try(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception e) when (LiveConnection.IsBroken(e))
        {
            Record(isWhole: false);
        }
    }

    private async Task Step()
    {
        if (_lines is null)
        {
            _openedAt = recorder.Now;
            _lines = await recorder.OpenDuplex(setup.History.Queue + "/messages/stream");
        }

        Sending[] batch = [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => New())];
        foreach (Sending sending in batch) _pending.Enqueue(sending);
        await _lines.Write([.. batch.Select(static sending => sending.Line)]);
        int rest = random.Next(MaxPending);
        while (_pending.Count > rest) Take(await _lines.Expect());
    }

    private Sending New()
    {
        if (random.Chance(1, 8)) return new Sending(null, Bad[random.Next(Bad.Length)], recorder.Now);
        SentItem item = newItem();
        return new Sending(item, HistoryRecorder.Line(item), recorder.Now);
    }

    private async Task Leave()
    {
        if (setup.Drops && random.Chance(1, 2))
        {
            Record(isWhole: false);
            return;
        }

        await _lines!.End();
        while (await _lines.Read() is { } result) Take(result);
        if (_pending.Count > 0) _wrong.Add($"{_pending.Count} lines without a result");
        Record(isWhole: true);
    }

    private void Take(JsonNode result)
    {
        if (!_pending.TryDequeue(out Sending sending))
        {
            _wrong.Add($"a result of nothing: {result}");
            return;
        }

        int status = (int)result["status"]!;
        if (sending.Item is not { } item)
        {
            if (status != 400) _wrong.Add($"{sending.Line} was answered by {result}");
            return;
        }

        if (Operation.IsSuccess(status))
        {
            item = item with
            {
                Id = (string)result["id"]!,
                IsDeduplicated = (bool?)result["deduplicated"] ?? false,
                SequenceNumber = (long)result["sequenceNumber"]!,
            };
            _sent.Add(item);
        }

        recorder.Add(new SendOperation(setup.History.Queue, sending.At, recorder.Now, status, null, [item]));
    }

    /// <summary>What has no result may be stored or not.</summary>
    private void Record(bool isWhole)
    {
        _lines?.Abort();
        _lines?.Dispose();
        _lines = null;
        while (_pending.TryDequeue(out Sending sending))
        {
            if (sending.Item is { } item)
                recorder.Add(new SendOperation(setup.History.Queue, sending.At, Operation.Never, 0, null, [item]));
        }

        recorder.Add(new LiveOperation(
            setup.History.Queue, _openedAt, isWhole ? recorder.Now : Operation.Never, isWhole ? 200 : 0)
        {
            Sent = [.. _sent], Wrong = [.. _wrong],
        });
        _sent.Clear();
        _wrong.Clear();
    }

    /// <param name="Item">Null when the line is wrong.</param>
    private readonly record struct Sending(SentItem? Item, string Line, long At);
}
