using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>Two requests per message: send, and a receive that acknowledges the message received before.</summary>
internal sealed class EndToEndCarried(Requests requests, int bodyLength) : Conversation
{
    private const string ReceivePath = "receive?max=1&wait=1s";

    private readonly byte[] _send = requests.Post("messages", Requests.Text, Scenario.Body(bodyLength));
    private readonly RequestBuffer _receive =
        new RequestBuffer().Append(requests.Post(ReceivePath, Requests.Json, "{\"acknowledge\":[]}"u8));

    private byte[] _receiveHead = [];
    private int _handleLength;
    private bool _receiving;

    public override ReadOnlyMemory<byte> Request => _receiving ? _receive.Written : _send;

    public static Scenario Create(int bodyLength) =>
        new("e2e-carried", requests => new EndToEndCarried(requests, bodyLength));

    public override Progress Advance(HttpReply reply)
    {
        bool received = _receiving;
        _receiving = !_receiving;
        if (!received) return Progress.Underway;
        if (reply.Body.IndexOf("\"problem\""u8) >= 0) return Progress.Refused("a message was not acknowledged", reply);
        if (!new ReceiptHandles(reply.Body).TryNext(out ReadOnlySpan<byte> handle))
            return Progress.Refused("nothing to receive within a second", reply);
        EncodeReceive(handle);
        return Progress.Finished(1);
    }

    public override void Restart() => _receiving = false;

    private void EncodeReceive(ReadOnlySpan<byte> handle)
    {
        ReadOnlySpan<byte> open = "{\"acknowledge\":[\""u8;
        ReadOnlySpan<byte> close = "\"]}"u8;
        if (handle.Length != _handleLength)
        {
            _handleLength = handle.Length;
            _receiveHead = requests.PostHead(ReceivePath, Requests.Json, open.Length + handle.Length + close.Length);
        }

        _receive.Clear().Append(_receiveHead).Append(open).Append(handle).Append(close);
    }
}
