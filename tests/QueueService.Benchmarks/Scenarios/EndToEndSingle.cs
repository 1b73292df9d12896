using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>Three requests per message: send, receive, acknowledge. The message received may be another connection's;
/// there is always one, because a connection that receives has sent one more than it has received.</summary>
internal sealed class EndToEndSingle(Requests requests, int bodyLength) : Conversation
{
    private readonly byte[] _send = requests.Post("messages", Requests.Text, Scenario.Body(bodyLength));
    private readonly byte[] _receive = requests.Post("receive?max=1&wait=1s");
    private readonly byte[] _acknowledgeHead = requests.DeleteReceiptHead;
    private readonly byte[] _acknowledgeEnd = requests.DeleteReceiptEnd;
    private readonly RequestBuffer _acknowledge = new();
    private Step _step;

    private enum Step
    {
        Send,
        Receive,
        Acknowledge,
    }

    public override ReadOnlyMemory<byte> Request => _step switch
    {
        Step.Send => _send,
        Step.Receive => _receive,
        _ => _acknowledge.Written,
    };

    public static Scenario Create(int bodyLength) => new("e2e-1", requests => new EndToEndSingle(requests, bodyLength));

    public override Progress Advance(HttpReply reply)
    {
        switch (_step)
        {
            case Step.Send:
                _step = Step.Receive;
                return Progress.Underway;
            case Step.Receive when new ReceiptHandles(reply.Body).TryNext(out ReadOnlySpan<byte> handle):
                _acknowledge.Clear().Append(_acknowledgeHead).Append(handle).Append(_acknowledgeEnd);
                _step = Step.Acknowledge;
                return Progress.Underway;
            case Step.Receive:
                Restart();
                return Progress.Refused("nothing to receive within a second", reply);
            default:
                Restart();
                return Progress.Finished(1);
        }
    }

    public override void Restart() => _step = Step.Send;
}
