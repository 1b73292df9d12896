using System.Buffers;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Queues;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics;

/// <summary>How the copies of a subscription look: what a webhook gets as one body is the body of the copy.</summary>
internal static class CopyForms
{
    /// <summary>Null: as it was published.</summary>
    public static CopyForm? Of(QueueDescription subscription)
    {
        CopyForm? form = OfFormat(subscription);
        if (subscription.Config.Subscription!.Target != SubscriptionTarget.Stream) return form;

        // What keeps the order of a topic keeps that of a stream.
        return (in MessageView view, IBufferWriter<byte> body) =>
        {
            MessageHeaders? headers = form is null ? view.ReadHeaders() : form(view, body);
            if (form is null) body.Write(view.Body);
            return headers is null ? null : headers with { Key = headers.GroupId, GroupId = null };
        };
    }

    private static CopyForm? OfFormat(QueueDescription subscription)
    {
        DeliveryFormat format = subscription.Config.Subscription!.Format;
        if (format == DeliveryFormat.Raw) return null;
        var name = SubscriptionName.At(subscription.Name);
        return (in MessageView view, IBufferWriter<byte> body) =>
        {
            var message = WebhookMessage.From(view, name.Topic.Value, name.Value);
            var payload = WebhookPayload.Write(WebhookEndpoint.FormatOf(format), message);
            body.Write(payload.Body.Span);
            return HeadersOf(format, message, payload);
        };
    }

    /// <summary>Groups, keys and traces stay with the copy, whatever its form. Attributes are in an envelope; those of
    /// an event are in a structured event, and all of them in a binary one.</summary>
    private static MessageHeaders HeadersOf(DeliveryFormat format, WebhookMessage message, WebhookPayload payload)
    {
        MessageHeaders headers = message.Headers;
        return format switch
        {
            DeliveryFormat.CloudEventsBinary => headers with
            {
                Attributes =
                [
                    .. headers.Attributes,
                    .. payload.Headers
                        .Where(header => CloudEvents.IsAttribute(header.Name) && !CloudEvents.IsEvent(headers))
                        .Select(static header => new MessageAttribute(header.Name, AttributeKind.String, header.Value)),
                ],
            },
            DeliveryFormat.CloudEventsStructured => headers with
            {
                ContentType = payload.Headers[0].Value,
                Attributes = [.. headers.Attributes.Where(static one => !CloudEvents.IsAttribute(one.Name))],
            },
            _ => headers with { ContentType = payload.Headers[0].Value, Attributes = [] },
        };
    }
}
