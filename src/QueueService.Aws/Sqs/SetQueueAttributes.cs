using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class SetQueueAttributes
{
    public static readonly AwsAction Action = new AwsAction<SetQueueAttributesRequest, Nothing>(
        nameof(SetQueueAttributes), SqsJson.Default.SetQueueAttributesRequest, null, Handle);

    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, SetQueueAttributesRequest request)
    {
        if (request.Attributes is not { } attributes) return ProtocolErrors.Missing("Attributes");
        if (AttributeEdits.Read(call, attributes, creates: false, out List<AttributeEdit> edits) is { } wrong)
            return wrong;
        AwsError? contradiction = null;
        Result<QueueChange> changed = await call.Broker.PatchQueue(
            call.Queue.Queue,
            config =>
            {
                QueueConfig edited = config;
                contradiction = AttributeEdits.Apply(edits, ref edited);
                return contradiction is null ? edited : config;
            },
            Precondition.None);
        if (contradiction is not null) return contradiction;
        return changed.Succeeded ? Nothing.Said : AttributeEdits.Of(call.Host, changed.Error, attributes);
    }
}

internal sealed class SetQueueAttributesRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public Dictionary<string, string>? Attributes { get; set; }
}
