using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>
/// Send a batch, receive up to as many, acknowledge what came. A receive may find fewer than were sent, because another
/// connection has taken them: then the connection receives again before it sends, so that the queue does not grow.
/// </summary>
internal sealed class EndToEndBatch(Requests requests, byte[][] sends, int batch) : Conversation
{
    /// <summary>Conversations begin with different batches.</summary>
    private static int s_conversations;

    private int _next = Interlocked.Increment(ref s_conversations) * 7;
    private readonly byte[] _receive = requests.Post($"receive?max={batch}&wait=1s");
    private readonly RequestBuffer _body = new();
    private readonly RequestBuffer _acknowledge = new();
    private byte[] _acknowledgeHead = [];
    private int _bodyLength;
    private int _outstanding;
    private int _received;
    private Step _step;

    private enum Step
    {
        Send,
        Receive,
        Acknowledge,
    }

    public override ReadOnlyMemory<byte> Request => _step switch
    {
        Step.Send => sends[_next % sends.Length],
        Step.Receive => _receive,
        _ => _acknowledge.Written,
    };

    public static Scenario Create(int bodyLength, int batch) =>
        new($"e2e-batch-{batch}", requests => new EndToEndBatch(
            requests, [SendBatch.Encode(requests, bodyLength, batch, ndjson: false)], batch));

    /// <summary>The same over a FIFO queue, whose messages are spread over so many groups.</summary>
    public static Scenario CreateFifo(int bodyLength, int batch, int groups)
    {
        byte[][]? sends = null;
        return new($"fifo-e2e-batch-{batch}", requests =>
        {
            sends ??= [.. Enumerable.Range(0, groups / batch).Select(first =>
                SendBatch.Encode(requests, bodyLength, batch, ndjson: false, firstGroup: first * batch))];
            return new EndToEndBatch(requests, sends, batch);
        }) { QueueType = "fifo" };
    }

    public override Progress Advance(HttpReply reply)
    {
        switch (_step)
        {
            case Step.Send:
                _outstanding += batch;
                _next++;
                _step = Step.Receive;
                return Progress.Underway;
            case Step.Receive:
                EncodeAcknowledge(reply.Body);
                if (_received > 0) break;
                Restart();
                return Progress.Refused("nothing to receive within a second", reply);
            default:
                return EndRound(reply);
        }

        _step = Step.Acknowledge;
        return Progress.Underway;
    }

    public override void Restart()
    {
        _outstanding = 0;
        _step = Step.Send;
    }

    private Progress EndRound(HttpReply reply)
    {
        if (reply.Body.IndexOf("\"problem\""u8) >= 0)
        {
            Restart();
            return Progress.Refused("a message was not acknowledged", reply);
        }

        _outstanding -= _received;
        _step = _outstanding > 0 ? Step.Receive : Step.Send;
        return Progress.Finished(_received);
    }

    private void EncodeAcknowledge(ReadOnlySpan<byte> messages)
    {
        _received = 0;
        _body.Clear().Append("{\"receiptHandles\":["u8);
        ReceiptHandles handles = new(messages);
        while (handles.TryNext(out ReadOnlySpan<byte> handle))
        {
            _body.Append(_received++ == 0 ? "\""u8 : ",\""u8).Append(handle).Append("\""u8);
        }

        _body.Append("]}"u8);
        // Full batches have bodies of one length: the head is encoded again only after a short one.
        if (_body.Length != _bodyLength)
        {
            _bodyLength = _body.Length;
            _acknowledgeHead = requests.PostHead("acknowledge", Requests.Json, _bodyLength);
        }

        _acknowledge.Clear().Append(_acknowledgeHead).Append(_body.Written.Span);
    }
}
