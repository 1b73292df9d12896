using QueueService.Aws.Protocol;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>Checks what is sent as SQS does, and puts it into the broker's form.</summary>
internal readonly struct OutgoingMessage(AwsCall call, MessageFields fields)
{
    private const string TraceHeader = "AWSTraceHeader";
    private const string WrongType = "The request include parameter that is not valid for this queue type";

    private const string IdRule = "can only include alphanumeric and punctuation characters. 1 to 128 in length.";

    /// <summary>What is wrong with the ids that order and deduplicate a message; in a batch it is about the whole of
    /// it.</summary>
    public AwsError? CheckIds(QueueConfig? config, bool inBatch)
    {
        if (fields.MessageGroupId is { } group && !MessageText.IsId(group))
            return ProtocolErrors.Invalid("MessageGroupId", group, $"MessageGroupId {IdRule}");
        if (fields.MessageDeduplicationId is { } id && !MessageText.IsId(id))
            return ProtocolErrors.Invalid("MessageDeduplicationId", id, $"MessageDeduplicationId {IdRule}");
        if (!IsFifo(config))
        {
            return fields.MessageDeduplicationId is { } unused
                ? ProtocolErrors.Invalid("MessageDeduplicationId", unused, WrongType)
                : null;
        }

        if (fields.MessageGroupId is null)
        {
            return inBatch
                ? ProtocolErrors.InvalidParameterValue.With("The request must contain the parameter MessageGroupId.")
                : ProtocolErrors.Missing("MessageGroupId");
        }

        return fields.MessageDeduplicationId is null && config is { ContentBasedDeduplication: false }
            ? ProtocolErrors.InvalidParameterValue.With(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided " +
                "explicitly")
            : null;
    }

    /// <summary>Adds the message to a batch, or answers why it cannot be sent.</summary>
    /// <param name="bytes">That it counts for the limits.</param>
    public AwsError? Add(QueueConfig? config, MessageBatch batch, out int bytes)
    {
        bytes = fields.MessageBody?.Length ?? 0;
        if (fields.MessageBody is not { } body || (body.Length == 0 && !body.IsBroken))
            return ProtocolErrors.Missing("MessageBody");
        if (body.IsBroken || !MessageText.IsAllowed(body.Span)) return SqsErrors.BadCharacters;
        if (CheckDelay(config) is { } badDelay) return badDelay;
        AwsError? bad = AttributeRules.Read(
            fields.MessageAttributes, out IReadOnlyList<MessageAttribute> attributes, ref bytes);
        if (bad is not null) return bad;
        if (ReadTrace(out string? trace) is { } badTrace) return badTrace;
        int most = Math.Min(config?.MaxMessageBytes ?? AwsLimits.MessageBytes, AwsLimits.MessageBytes);
        if (bytes > most) return SqsErrors.TooLong(most);
        batch.Add(Headers(attributes, trace), body.Span, Options(config));
        return null;
    }

    private AwsError? CheckDelay(QueueConfig? config)
    {
        if (IsFifo(config) && fields.DelaySeconds is > 0)
            return ProtocolErrors.Invalid("DelaySeconds", fields.DelaySeconds, WrongType);
        return ProtocolErrors.CheckRange(
            "DelaySeconds", fields.DelaySeconds, 0, AwsLimits.MaxDelaySeconds,
            $"DelaySeconds must be >= 0 and <= {AwsLimits.MaxDelaySeconds}.");
    }

    private AwsError? ReadTrace(out string? trace)
    {
        trace = null;
        foreach ((string name, MessageAttributeValue? value) in fields.MessageSystemAttributes ?? [])
        {
            if (name != TraceHeader)
            {
                return ProtocolErrors.InvalidParameterValue.With(
                    $"Message system attribute name '{name}' is invalid. The only one that can be sent is " +
                    $"{TraceHeader}.");
            }

            bool isText = value is { DataType: "String", BinaryValue: null, StringValue.Length: > 0 };
            if (!isText || !MessageText.IsAllowed(value!.StringValue!))
            {
                return ProtocolErrors.InvalidParameterValue.With(
                    $"The message system attribute '{TraceHeader}' must contain a non-empty value of the type String.");
            }

            trace = value.StringValue;
        }

        return null;
    }

    private MessageHeaders Headers(IReadOnlyList<MessageAttribute> attributes, string? trace)
    {
        string? sender = call.Host.Gate.IsOpen ? null : call.Caller.UserId;
        bool hasNone = attributes.Count == 0 && trace is null && sender is null && fields.MessageGroupId is null
            && fields.MessageDeduplicationId is null;
        return hasNone ? MessageHeaders.None : new MessageHeaders
        {
            GroupId = fields.MessageGroupId,
            DeduplicationId = fields.MessageDeduplicationId,
            TraceHeader = trace,
            SenderId = sender,
            Attributes = attributes,
        };
    }

    /// <summary>A message of a FIFO queue has the delay of its queue, also when it says 0.</summary>
    private SendOptions Options(QueueConfig? config) => new()
    {
        DelayMilliseconds = IsFifo(config) ? null : fields.DelaySeconds * 1_000L,
    };

    private bool IsFifo(QueueConfig? config) => config is null ? call.Queue.IsFifo : config.Type == QueueType.Fifo;
}
