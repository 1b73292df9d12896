using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using QueueService.Broker;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Queues.Live;

/// <summary>
/// Lines in, messages stored, results out. All lines that have arrived become one batch, a few batches are on their way
/// at once, and their results leave in order. A client that does not read its results is not read from either.
/// </summary>
/// <typeparam name="TOutcome">What the broker says of a batch.</typeparam>
[SuppressMessage("Reliability", "CA2000", Justification = "A batch belongs to whoever writes its results.")]
internal sealed class MessageStream<TOutcome> : IDisposable
{
    private readonly HttpContext _http;
    private readonly BrokerHost _host;
    private readonly MessageStreamTarget<TOutcome> _target;
    private readonly LineSource _lines;
    private readonly LiveResponse _response;
    private readonly Channel<SentBatch> _sent;
    private byte[]? _scratch;
    private volatile bool _stopped;

    public MessageStream(HttpContext http, BrokerHost host, MessageStreamTarget<TOutcome> target)
    {
        (_http, _host, _target) = (http, host, target);
        _lines = new LineSource(http.Request.BodyReader, host.Bodies, Limits.RequestBytes);
        _response = new LiveResponse(http, host.Live);
        // The batch whose answer is awaited has left the channel.
        _sent = Channel.CreateBounded<SentBatch>(new BoundedChannelOptions(Limits.StreamBatches - 1)
        {
            SingleReader = true,
            SingleWriter = true,
        });
    }

    /// <summary>Runs until the client has said everything, has gone, or the queue or the server ends.</summary>
    public async Task Run()
    {
        await _response.Begin(ContentTypes.Lines);
        using CancellationTokenRegistration draining =
            _host.Live.Draining.UnsafeRegister(static stream => ((MessageStream<TOutcome>)stream!).Stop(), this);
        await Task.WhenAll(ReadLines(), WriteResults());
        if (!_lines.Finished) await _response.Leave();
        _host.ReportFailure();
    }

    public void Dispose()
    {
        _lines.Dispose();
        if (_scratch is not null) ArrayPool<byte>.Shared.Return(_scratch);
    }

    private void Stop()
    {
        _stopped = true;
        _lines.Cancel();
    }

    private async Task ReadLines()
    {
        try
        {
            // Room first: what arrives meanwhile is the next batch.
            while (await _sent.Writer.WaitToWriteAsync() && !_stopped)
            {
                Problem? problem = await _lines.Read();
                BatchIntake? intake = TakeLines(problem);
                _lines.Advance();
                if (intake is not null) _sent.Writer.TryWrite(Send(intake));
                if (_lines.Ended) return;
            }
        }
        finally
        {
            _sent.Writer.Complete();
        }
    }

    /// <summary>What is there, as far as a batch goes; null when that is nothing.</summary>
    private BatchIntake? TakeLines(Problem? problem)
    {
        BatchIntake intake = new(partial: true, Limits.StreamBatchMessages, alone: true) { Reader = _target.Reader() };
        if (problem is not null) intake.Refuse(problem);
        while (intake.Count < Limits.StreamBatchMessages && intake.Batch.Bytes < Limits.StreamBatchBytes &&
            _lines.TryTake(ref _scratch, out ReadOnlySpan<byte> line))
        {
            line = line.Trim(" \t\r"u8);
            if (line.IsEmpty) continue;
            if (_lines.CheckLength(line) is { } tooLong) intake.Refuse(tooLong);
            else BatchReader.ReadLine(line, intake);
        }

        if (intake.Count > 0) return intake;
        intake.Dispose();
        return null;
    }

    private SentBatch Send(BatchIntake intake)
    {
        int bytes = intake.Batch.Bytes;
        if (intake.Batch.Count == 0)
            return new SentBatch(intake, ValueTask.FromResult<Result<TOutcome>>(default(TOutcome)!), 0);
        if (!_host.Bodies.TryEnter(bytes))
            return new SentBatch(intake, ValueTask.FromResult<Result<TOutcome>>(BrokerError.Overloaded), 0);
        return new SentBatch(intake, _target.Send(intake), bytes);
    }

    private async Task WriteResults()
    {
        JsonOutput output = JsonOutput.Rent();
        while (await _sent.Reader.WaitToReadAsync())
        {
            // Batches of one commit are answered together, and leave together.
            while (_sent.Reader.TryPeek(out SentBatch next) && (output.Length == 0 || next.Answer.IsCompleted) &&
                _sent.Reader.TryRead(out SentBatch batch))
                await WriteResults(output, batch);
            if (!_response.IsBroken && await _response.Write(output)) continue;
            output.Clear();
            Stop();
        }

        output.Return();
    }

    private async ValueTask WriteResults(JsonOutput output, SentBatch batch)
    {
        using BatchIntake intake = batch.Intake;
        Result<TOutcome> result = await batch.Answer;
        _host.Bodies.Leave(batch.Bytes);
        _target.Write(intake, output, result);
        if (!result.Succeeded && LiveRequest.Final.Contains(BrokerProblems.Kind(result.Error))) Stop();
    }

    /// <param name="Bytes">Counted as bodies in memory until the commit.</param>
    private readonly record struct SentBatch(
        BatchIntake Intake, ValueTask<Result<TOutcome>> Answer, int Bytes);
}

/// <summary>Where the lines of a stream go.</summary>
/// <param name="Reader">Reads one.</param>
/// <param name="Send">Stores those that are valid; the batch may be taken out of the intake.</param>
/// <param name="Write">Writes a result for each line.</param>
internal sealed record MessageStreamTarget<TOutcome>(
    Func<ItemReader> Reader, Func<BatchIntake, ValueTask<Result<TOutcome>>> Send,
    Action<BatchIntake, JsonOutput, Result<TOutcome>> Write);
