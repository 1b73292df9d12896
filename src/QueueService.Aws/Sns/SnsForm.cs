using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>What the messages of one subscription look like, as its definition and its topic's say now.</summary>
internal sealed class SnsForm
{
    private const string Json = "application/json";

    private readonly SnsSubscription _subscription;
    private readonly QueueConfig _topic;
    private readonly Func<SnsSigner> _signer;
    private readonly string _topicArn;
    private readonly string _arn;

    /// <param name="signer">Asked when something is to be signed: the key may have to be made.</param>
    public SnsForm(
        SubscriptionName name, SnsSubscription subscription, QueueConfig topic, SnsNaming naming,
        Func<SnsSigner> signer)
    {
        (_subscription, _topic, _signer) = (subscription, topic, signer);
        _topicArn = naming.ArnOf(name.Topic, topic);
        _arn = naming.ArnOf(name, topic);
        string url = Uri.EscapeDataString(_arn);
        UnsubscribeUrl = $"{subscription.Origin}/?Action=Unsubscribe&SubscriptionArn={url}";
    }

    public string TopicArn => _topicArn;

    public string SubscriptionArn => _arn;

    public SnsSubscription Subscription => _subscription;

    public string UnsubscribeUrl { get; }

    /// <summary>What holds for attempts to deliver.</summary>
    public DeliveryPolicy Policy => SnsDelivery.PolicyOf(_subscription, _topic);

    private bool IsFifo => _topic.Type == QueueType.Fifo;

    /// <summary>The copy of a message for a queue. None when the queue could not take it: SQS knows ten attributes.
    /// </summary>
    public MessageHeaders? Copy(in MessageView view, IBufferWriter<byte> body)
    {
        var message = PublishedMessage.Of(view);
        MessageHeaders headers = message.Headers;
        IReadOnlyList<MessageAttribute> attributes = SnsAttributes.WithoutOwn(headers);
        if (_subscription.IsRaw)
        {
            if (attributes.Count > AwsLimits.MessageAttributes) return null;
            bool isOwnText =
                SnsAttributes.Find(headers, SnsAttributes.MessagePrefix + _subscription.Protocol) is not null;
            body.Write(isOwnText ? Encoding.UTF8.GetBytes(message.TextFor(_subscription.Protocol)) : message.Body.Span);
            headers = headers with { Attributes = attributes };
        }
        else
        {
            WriteEnvelope(body, message);
            headers = headers with { ContentType = Json, Attributes = [] };
        }

        // A FIFO queue holds it against what was sent to it.
        string? id = IsFifo && _topic.ContentBasedDeduplication && headers.DeduplicationId is null
            ? Convert.ToHexStringLower(SHA256.HashData(message.Body.Span))
            : headers.DeduplicationId;
        return headers with { DeduplicationId = id, SenderId = null };
    }

    /// <summary>The same for a queue that takes no larger messages, as SQS counts them.</summary>
    /// <param name="maxBytes">Asked for each message: it may be changed.</param>
    public CopyForm CopyWithin(Func<int> maxBytes) => (in MessageView view, IBufferWriter<byte> body) =>
    {
        ArrayBufferWriter<byte> copy = new(view.Body.Length + 1_024);
        MessageHeaders? headers = Copy(view, copy);
        if (headers is null || copy.WrittenCount + SnsAttributes.BytesOf(headers.Attributes) > maxBytes()) return null;
        body.Write(copy.WrittenSpan);
        return headers;
    };

    /// <summary>The body of a request to an endpoint.</summary>
    public byte[] Body(PublishedMessage message)
    {
        if (_subscription.IsRaw) return Encoding.UTF8.GetBytes(message.TextFor(_subscription.Protocol));
        ArrayBufferWriter<byte> body = new(message.Body.Length + 1_024);
        WriteEnvelope(body, message);
        return body.WrittenSpan.ToArray();
    }

    /// <summary>What is posted to an endpoint whose owner is asked, or told that the subscription has ended.</summary>
    public byte[] Body(string messageId, long now)
    {
        ArrayBufferWriter<byte> body = new();
        SnsEnvelope.Write(body, Confirmation(messageId, now), _signer());
        return body.WrittenSpan.ToArray();
    }

    private SnsConfirmation Confirmation(string messageId, long now)
    {
        string topic = Uri.EscapeDataString(_topicArn);
        return new SnsConfirmation
        {
            Type = _subscription.State == SubscriptionState.Deleted
                ? SnsConfirmation.Unsubscribing
                : SnsConfirmation.Subscribing,
            MessageId = messageId,
            Token = _subscription.Token ?? "",
            TopicArn = _topicArn,
            SubscriptionArn = _arn,
            SubscribeUrl =
                $"{_subscription.Origin}/?Action=ConfirmSubscription&TopicArn={topic}&Token={_subscription.Token}",
            Timestamp = PublishedMessage.TimeOf(now),
        };
    }

    private void WriteEnvelope(IBufferWriter<byte> output, PublishedMessage message) => SnsEnvelope.Write(
        output,
        new SnsNotification
        {
            MessageId = message.Id,
            TopicArn = _topicArn,
            Subject = SnsAttributes.Find(message.Headers, SnsAttributes.Subject),
            Message = message.TextFor(_subscription.Protocol),
            Timestamp = message.Timestamp,
            SequenceNumber = IsFifo ? message.Sequence : null,
            UnsubscribeUrl = UnsubscribeUrl,
            Attributes = SnsAttributes.WithoutOwn(message.Headers),
            IsReplayed = message.IsReplayed,
        },
        IsFifo ? null : _signer());
}
