using System.Text;
using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios.Aws;

/// <summary>Sends, receives and deletes single messages over the SQS protocol. Every round does all three, so that as
/// many clients send as receive and none has to wait.</summary>
internal sealed class AwsEndToEnd : Conversation
{
    private readonly string _authority;
    private readonly string _url;
    private readonly byte[] _send;
    private readonly byte[] _receive;
    private byte[] _delete = [];
    private Step _step;

    public AwsEndToEnd(string authority, string queue, int bodyLength)
    {
        _authority = authority;
        _url = AwsRequests.QueueUrl(authority, queue);
        string body = Encoding.ASCII.GetString(Scenario.Body(bodyLength));
        _send = AwsRequests.Post(authority, "SendMessage", $$"""{"QueueUrl":"{{_url}}","MessageBody":"{{body}}"}""");
        _receive = AwsRequests.Post(
            authority, "ReceiveMessage", $$"""{"QueueUrl":"{{_url}}","MaxNumberOfMessages":1,"WaitTimeSeconds":1}""");
    }

    private enum Step
    {
        Send,
        Receive,
        Delete,
    }

    public override ReadOnlyMemory<byte> Request => _step switch
    {
        Step.Send => _send,
        Step.Receive => _receive,
        _ => _delete,
    };

    public override Progress Advance(HttpReply reply)
    {
        switch (_step)
        {
            case Step.Send:
                _step = Step.Receive;
                return Progress.Underway;
            case Step.Receive when TryReadHandle(reply.Body, out string handle):
                _delete = AwsRequests.Post(
                    _authority, "DeleteMessage", $$"""{"QueueUrl":"{{_url}}","ReceiptHandle":"{{handle}}"}""");
                _step = Step.Delete;
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

    private static bool TryReadHandle(ReadOnlySpan<byte> body, out string handle)
    {
        handle = "";
        ReadOnlySpan<byte> field = "\"ReceiptHandle\":\""u8;
        int at = body.IndexOf(field);
        if (at < 0) return false;
        ReadOnlySpan<byte> rest = body[(at + field.Length)..];
        handle = Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)'"')]);
        return true;
    }
}
