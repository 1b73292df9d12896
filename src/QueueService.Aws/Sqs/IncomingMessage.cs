using System.Globalization;
using System.Security.Cryptography;
using QueueService.Aws.Protocol;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>A received message in SQS's form.</summary>
internal static class IncomingMessage
{
    /// <summary>Null when there are none.</summary>
    public static List<ReceivedMessage>? ReadAll(
        AwsCall call, ReceivedMessages messages, QueueConfig? config, AskedAttributes asked)
    {
        List<ReceivedMessage>? list = null;
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages.TryRead(i, out MessageView message))
                (list ??= new(messages.Count)).Add(Read(call, in message, config, asked));
        }

        return list;
    }

    private static ReceivedMessage Read(
        AwsCall call, in MessageView message, QueueConfig? config, AskedAttributes asked)
    {
        MessageHeaders headers = message.HasHeaders ? message.ReadHeaders() : MessageHeaders.None;
        Dictionary<string, MessageAttributeValue>? attributes = Attributes(headers, asked.Names);
        byte[] body = BodyOf(in message);
        return new ReceivedMessage
        {
            MessageId = message.Id.ToString(),
            ReceiptHandle = message.Receipt.ToString(),
            MD5OfBody = MessageDigest.OfBody(body),
            Body = new Utf8Text(body),
            Attributes =
                asked.System == SystemAttributes.None ? null : System(call, in message, headers, config, asked.System),
            MessageAttributes = attributes,
            MD5OfMessageAttributes = MessageDigest.OfAttributes(attributes),
        };
    }

    /// <summary>A body that came over /v1 and that SQS could not have taken is given as base64.</summary>
    private static byte[] BodyOf(in MessageView message)
    {
        ReadOnlySpan<byte> body = message.Body;
        return message.BodyIsText && MessageText.IsAllowed(body)
            ? body.ToArray()
            : global::System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(body));
    }

    private static Dictionary<string, MessageAttributeValue>? Attributes(
        MessageHeaders headers, IReadOnlyList<string> names)
    {
        if (names.Count == 0) return null;
        Dictionary<string, MessageAttributeValue>? attributes = null;
        foreach (MessageAttribute attribute in headers.Attributes)
        {
            if (AttributeRules.IsAsked(names, attribute.Name))
                (attributes ??= [])[attribute.Name] = AttributeRules.ToAws(attribute);
        }

        return attributes;
    }

    private static Dictionary<string, string> System(
        AwsCall call, in MessageView message, MessageHeaders headers, QueueConfig? config, SystemAttributes asked)
    {
        Dictionary<string, string> values = [];
        bool isFifo = config is null ? call.Queue.IsFifo : config.Type == QueueType.Fifo;
        Add(SystemAttributes.SenderId, headers.SenderId ?? call.Options.AccountId);
        Add(SystemAttributes.SentTimestamp, Text(message.SentAt));
        Add(SystemAttributes.ApproximateReceiveCount, Text(message.ReceiveCount + (message.Origin?.Receives ?? 0)));
        Add(SystemAttributes.ApproximateFirstReceiveTimestamp, Text(message.FirstReceivedAt));
        if (isFifo) Add(SystemAttributes.SequenceNumber, SendMessage.SequenceOf(message.SequenceNumber));
        if (isFifo && asked.HasFlag(SystemAttributes.MessageDeduplicationId))
            Add(SystemAttributes.MessageDeduplicationId, headers.DeduplicationId ?? HashOf(in message, config));
        Add(SystemAttributes.MessageGroupId, headers.GroupId);
        Add(SystemAttributes.AWSTraceHeader, headers.TraceHeader);
        Add(SystemAttributes.DeadLetterQueueSourceArn, SourceOf(call, message.Origin, isFifo));
        return values;

        void Add(SystemAttributes attribute, string? value)
        {
            if (value is not null && asked.HasFlag(attribute)) values[attribute.ToString()] = value;
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? HashOf(in MessageView message, QueueConfig? config) =>
        config?.ContentBasedDeduplication == true ? Convert.ToHexStringLower(SHA256.HashData(message.Body)) : null;

    private static string? SourceOf(AwsCall call, MessageOrigin? origin, bool isFifo)
    {
        if (origin is not { IsDeadLetter: true } || !QueueName.TryParse(origin.SourceQueue, out QueueName source))
            return null;
        bool hasSuffix = source.Value.EndsWith(QueueAddress.FifoSuffix, StringComparison.Ordinal);
        return QueueAddresses.ArnOf(
            call.Options, isFifo && !hasSuffix ? source.Value + QueueAddress.FifoSuffix : source.Value);
    }
}
