using System.Buffers;
using System.Threading.Channels;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Streams.QueueViews;

namespace QueueService.Server.Queues.Live;

/// <summary>
/// A consumer's conversation: one loop reads its lines, and another does what they say, receives, and writes. What is
/// acknowledged rides on the next receive, in one commit.
/// </summary>
internal sealed class ConsumerStream : IDisposable
{
    /// <summary>Lines done at once: bounds the wait of what is said after them.</summary>
    private const int MaxLines = 1_000;

    private readonly LiveReceive _receive;
    private readonly LineSource _lines;
    private readonly LiveResponse _response;
    private readonly LivePulse _pulse;
    private readonly JsonOutput _output = JsonOutput.Rent();

    /// <summary>What the consumer has said; an empty list only wakes the other loop.</summary>
    private readonly Channel<List<ConsumerLine>> _said = Channel.CreateBounded<List<ConsumerLine>>(1);

    private byte[]? _scratch;
    private int _credit;

    private bool IsDraining => _receive.Host.Live.Draining.IsCancellationRequested;

    public ConsumerStream(HttpContext http, LiveReceive receive)
    {
        BrokerHost host = receive.Host;
        _receive = receive;
        _lines = new LineSource(http.Request.BodyReader, host.Bodies, Limits.ConsumerLineBytes);
        _response = new LiveResponse(http, host.Live);
        _pulse = new LivePulse(host.Live, http.RequestAborted, () => _said.Writer.TryWrite([]));
    }

    /// <summary>Runs until the consumer ends its request or goes, or the queue or the server ends.</summary>
    public async Task Run()
    {
        await _response.Begin(ContentTypes.Lines);
        await Task.WhenAll(ReadLines(), Converse());
        if (!_lines.Finished) await _response.Leave();
    }

    public void Dispose()
    {
        _pulse.Dispose();
        _lines.Dispose();
        _output.Return();
        if (_scratch is not null) ArrayPool<byte>.Shared.Return(_scratch);
    }

    private async Task ReadLines()
    {
        // Room first: what arrives meanwhile is done together.
        while (!_lines.Ended && await _said.Writer.WaitToWriteAsync())
        {
            List<ConsumerLine> lines = [];
            if (await _lines.Read() is { } problem) lines.Add(new ConsumerLine { Problem = problem });
            while (lines.Count < MaxLines && _lines.TryTake(ref _scratch, out ReadOnlySpan<byte> line))
            {
                line = line.Trim(" \t\r"u8);
                if (line.IsEmpty) continue;
                lines.Add(_lines.CheckLength(line) is { } tooLong
                    ? new ConsumerLine { Problem = tooLong }
                    : ConsumerLine.Read(line));
            }

            _lines.Advance();
            if (lines.Count > 0) await Say(lines);
        }

        _said.Writer.TryComplete();
        _pulse.Wake();
    }

    /// <summary>A heartbeat may have taken the room.</summary>
    private async ValueTask Say(List<ConsumerLine> lines)
    {
        while (!_said.Writer.TryWrite(lines) && await _said.Writer.WaitToWriteAsync())
        {
        }

        _pulse.Wake();
    }

    private async Task Converse()
    {
        try
        {
            while (await Next())
            {
            }
        }
        finally
        {
            _said.Writer.TryComplete();
            _lines.Cancel();
        }
    }

    /// <summary>One step; answers false at the end of the stream.</summary>
    private async ValueTask<bool> Next()
    {
        CancellationToken wake = _pulse.Arm();
        if (_response.IsBroken) return false;
        if (IsDraining)
        {
            if (_said.Reader.TryRead(out List<ConsumerLine>? last) && !await Do(last)) return false;
            _output.Raw("{\"drain\":true}\n"u8);
            await _response.Write(_output);
            return false;
        }

        if (_pulse.TakeBeat() && !await Beat()) return false;
        if (_said.Reader.TryRead(out List<ConsumerLine>? lines)) return lines.Count == 0 || await Do(lines);
        if (_credit == 0) return await _said.Reader.WaitToReadAsync(CancellationToken.None);
        return !_said.Reader.Completion.IsCompleted && await Send(await _receive.Wait(_credit, wake));
    }

    private ValueTask<bool> Beat()
    {
        _output.Raw("{\"heartbeat\":"u8)
            .Instant(_receive.Host.Live.Time.GetUtcNow().ToUnixTimeMilliseconds()).Raw("}\n"u8);
        return _response.Write(_output);
    }

    /// <summary>Extends, releases, acknowledges: in this order no line takes away what another one wants.</summary>
    private async ValueTask<bool> Do(List<ConsumerLine> lines)
    {
        List<ReceiptHandle> acknowledge = [];
        foreach (ConsumerLine line in lines)
        {
            Grant(line);
            if (line.Problem is not null) continue;
            if (line.Extend is { } extend)
                line.Extended = await Settle(line, Settlement.Extend, extend, line.VisibilityMilliseconds);
            if (line.Problem is null && line.Release is { } release)
                line.Released = await Settle(line, Settlement.Release, release, line.DelayMilliseconds);
            if (line.Problem is null && line.Acknowledge is { } done) acknowledge.AddRange(done.Handles);
        }

        if (acknowledge.Count == 0) return await WriteResults(lines);
        if (_credit == 0 || IsDraining)
        {
            Result<SettleOutcome> settled = await _receive.Settle(Settlement.Acknowledge, acknowledge);
            Distribute(lines, settled.Error, settled.Value?.Errors);
            return await WriteResults(lines);
        }

        Result<ReceivedMessages> received = await _receive.Take(_credit, acknowledge);
        Distribute(lines, received.Error, received.Value?.Acknowledged);
        if (received.Succeeded) return await WriteResults(lines) & await Send(received);
        return await WriteResults(lines);
    }

    private void Grant(ConsumerLine line)
    {
        if (_credit + line.Credit > Limits.Credit)
            line.Problem ??= Problem.Invalid("/credit", $"would make more than {Limits.Credit} in all.");
        if (line.Problem is null) _credit += line.Credit;
    }

    private async ValueTask<SettleOutcome?> Settle(
        ConsumerLine line, Settlement settlement, ReceiptList receipts, long? milliseconds)
    {
        Result<SettleOutcome> result = await _receive.Settle(settlement, receipts.Handles, milliseconds);
        if (!result.Succeeded) line.Problem = BrokerProblems.Of(result.Error);
        return result.Value;
    }

    /// <summary>Gives each line the outcomes of its own receipts.</summary>
    private static void Distribute(List<ConsumerLine> lines, BrokerError error, BrokerError[]? outcomes)
    {
        int at = 0;
        foreach (ConsumerLine line in lines)
        {
            if (line.Problem is not null || line.Acknowledge is not { } acknowledge) continue;
            if (error != BrokerError.None) line.Problem = BrokerProblems.Of(error);
            else line.Acknowledged = outcomes.AsMemory(at, acknowledge.Handles.Count);
            at += acknowledge.Handles.Count;
        }
    }

    private async ValueTask<bool> WriteResults(List<ConsumerLine> lines)
    {
        bool final = false;
        foreach (ConsumerLine line in lines)
        {
            line.WriteResult(_output);
            final |= line.Problem is { } problem && LiveRequest.Final.Contains(problem.Kind);
            if (_output.Length >= Limits.ResponseChunk && !await _response.Write(_output)) return false;
        }

        return (_output.Length == 0 || await _response.Write(_output)) && !final;
    }

    private async ValueTask<bool> Send(Result<ReceivedMessages> result)
    {
        if (!result.Succeeded)
        {
            LiveRequest.WriteProblem(_output, BrokerProblems.Of(result.Error));
            _receive.Host.ReportFailure();
            await _response.Write(_output);
            return false;
        }

        using ReceivedMessages messages = result.Value;
        _credit -= messages.Count;
        if (messages.Gap is { } gap)
        {
            _output.Raw("{\"gap\":"u8);
            QueueViewJson.WriteGap(_output, gap);
            _output.Raw("}\n"u8);
        }

        return await _receive.Send(_response, _output, messages, WriteLine);
    }

    private static void WriteLine(JsonOutput output, in MessageView message)
    {
        MessageJson.WriteReceived(output, in message);
        output.Raw("\n"u8);
    }
}
