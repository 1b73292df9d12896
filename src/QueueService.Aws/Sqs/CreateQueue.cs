using System.Buffers;
using System.Text.Json.Serialization;
using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class CreateQueue
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    public static readonly AwsAction Action = new AwsAction<CreateQueueRequest, CreateQueueResult>(
        nameof(CreateQueue), SqsJson.Default.CreateQueueRequest, SqsJson.Default.CreateQueueResult, Handle)
    {
        IsForService = true,
    };

    private static async ValueTask<Reply<CreateQueueResult>> Handle(AwsCall call, CreateQueueRequest request)
    {
        if (CheckName(request) is { } badName) return badName;
        QueueAddresses.TryResolve(call.Host, request.QueueName!, out QueueAddress address);
        call.Queue = address;
        Dictionary<string, string> attributes = request.Attributes ?? [];
        if (AttributeEdits.Read(call, attributes, creates: true, out List<AttributeEdit> edits) is { } wrong)
            return wrong;
        if (QueueTags.Check(request.Tags) is { } badTag) return badTag;
        if (call.Host.Deleted.Contains(address.Queue.Value) && call.Broker.Peek(address.Queue) is null)
        {
            return SqsErrors.QueueDeletedRecently.With(
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.");
        }

        QueueConfig config = New(address, request.Tags);
        if (AttributeEdits.Apply(edits, ref config) is { } contradiction) return contradiction;
        Result<QueueChange> created = await call.Broker.PutQueue(
            address.Queue, config, new Precondition(null, MustNotExist: true));
        AwsError? refused = created.Error switch
        {
            BrokerError.None => null,
            BrokerError.PreconditionFailed => await Compare(call, request.QueueName!, edits),
            _ => AttributeEdits.Of(call.Host, created.Error, attributes),
        };
        return refused is null
            ? new CreateQueueResult { QueueUrl = QueueAddresses.UrlOf(call, address.Name) }
            : refused;
    }

    private static QueueConfig New(QueueAddress address, Dictionary<string, string>? tags) => new()
    {
        Type = address.IsFifo ? QueueType.Fifo : QueueType.Standard,

        // As in SQS: in a standard dead-letter queue the time of the first send counts, in a FIFO one that of the move.
        ResetRetentionOnDeadLetter = address.IsFifo,
        GroupLock = address.IsFifo ? GroupLock.Later : default,
        Tags = QueueTags.ToBroker(tags),
    };

    /// <summary>The queue exists: that is an error only when an attribute has another value.</summary>
    private static async ValueTask<AwsError?> Compare(AwsCall call, string name, List<AttributeEdit> edits)
    {
        Result<QueueDescription> existing = await call.Broker.GetQueue(call.Queue.Queue);
        if (!existing.Succeeded) return SqsErrors.Of(call.Host, existing.Error);
        QueueConfig config = FifoAttributes.Settled(existing.Value.Config);
        AttributeEdit? other = edits.Find(edit => edit.Change(config) != config);
        bool sameType =
            config.Type == QueueType.Fifo == name.EndsWith(QueueAddress.FifoSuffix, StringComparison.Ordinal);
        return other is null && sameType
            ? null
            : SqsErrors.QueueNameExists.With(
                "A queue already exists with the same name and a different value for attribute " +
                (other?.Name ?? FifoAttributes.Type));
    }

    private static AwsError? CheckName(CreateQueueRequest request)
    {
        if (request.QueueName is null) return ProtocolErrors.Missing("QueueName");
        bool isFifo = request.Attributes?.GetValueOrDefault(FifoAttributes.Type) == "true";
        bool hasSuffix = request.QueueName.EndsWith(QueueAddress.FifoSuffix, StringComparison.Ordinal);
        ReadOnlySpan<char> stem = isFifo && hasSuffix
            ? request.QueueName.AsSpan(0, request.QueueName.Length - QueueAddress.FifoSuffix.Length)
            : request.QueueName;
        bool isValid = request.QueueName.Length <= AwsLimits.QueueNameCharacters && !stem.IsEmpty
            && !stem.ContainsAnyExcept(NameCharacters);
        if (isFifo && (!hasSuffix || !isValid))
        {
            return ProtocolErrors.InvalidParameterValue.With(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must " +
                "end with .fifo suffix and be 1 to 80 in length.");
        }

        return isValid
            ? null
            : ProtocolErrors.InvalidParameterValue.With(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    }
}

internal sealed class CreateQueueRequest
{
    public string? QueueName { get; set; }

    public Dictionary<string, string>? Attributes { get; set; }

    [JsonPropertyName("tags")]
    public Dictionary<string, string>? Tags { get; set; }
}

internal sealed class CreateQueueResult
{
    public string QueueUrl { get; init; } = "";
}
