using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Topics.Targets;

namespace QueueService.Server.Topics;

/// <summary>What the owner of a subscription declares.</summary>
internal static class SubscriptionFields
{
    private const string FromPointer = "/from";

    public static readonly QueuePolicy From = new(
        "from", "SubscriptionStart", ReadFrom, WriteFrom, static config => StartingAt(
            config, SubscriptionConfig.Latest))
    {
        Immutable = true,
        Fixed = (FromPointer, static config => config.Subscription!.From),
        Description =
            "Where a new subscription begins: `latest`, `earliest`, or with the messages that were published at " +
            "a time (RFC 3339) or later. Default: `latest`.",
    };

    public static readonly DefinitionFields All = new(
        new QueueConfig { Subscription = new SubscriptionConfig() },
        [
            QueueFields.Named("type") with
            {
                Name = "ordering",
                Choices = ["none", "group"],
                Schema = "Ordering",
                Description =
                    "`group` keeps the order of each message group: nothing of a group is delivered while one of " +
                    "its messages is not finished. Messages without a group are free of each other.",
            },
            QueueFields.Named("visibilityTimeoutSeconds"),
            QueueFields.Named("receiveWaitSeconds"),
            QueueFields.Named("paused") with { Description = "Nothing is delivered; settling goes on." },
            new("format", 0, 3,
                static config => (int)config.Subscription!.Format,
                static (config, value) => config with
                {
                    Subscription = config.Subscription! with { Format = (DeliveryFormat)value },
                })
            {
                Choices = ["raw", "envelope", "cloudEventsBinary", "cloudEventsStructured"],
                Schema = "DeliveryFormat",
                Description = "Webhooks and copies to queues: what a delivery looks like. `raw`: the body as it was " +
                    "published, all else in headers; `envelope`: a JSON object in the shape of a received message; " +
                    "the others: CloudEvents 1.0, also of what was not published as one.",
            },
        ],
        [
            TargetJson.Field, From, FilterJson.Field, QueuePolicies.Named("retryPolicy"),
            QueuePolicies.Named("redrivePolicy"), QueuePolicies.Named("tags"),
        ]);

    /// <summary>Unix milliseconds; null when the subscription begins at the end or at the beginning.</summary>
    public static long? StartOf(QueueConfig config) =>
        Rfc3339.TryParse(config.Subscription!.From, out long time) ? time : null;

    private static Func<QueueConfig, QueueConfig>? ReadFrom(ref Utf8JsonReader json, ref Problem? problem)
    {
        string text = json.TokenType == JsonTokenType.String ? JsonRequest.Name(ref json) : "";
        json.TrySkip();
        if (Rfc3339.TryParse(text, out long time)) text = Rfc3339.Format(time);
        else if (text.Equals(SubscriptionConfig.Latest, StringComparison.OrdinalIgnoreCase))
            text = SubscriptionConfig.Latest;
        else if (text.Equals(SubscriptionConfig.Earliest, StringComparison.OrdinalIgnoreCase))
            text = SubscriptionConfig.Earliest;
        else
        {
            Problem.Blame(
                ref problem, FromPointer,
                "must be latest, earliest or an RFC 3339 instant like 2026-11-21T10:00:00Z.");
            return null;
        }

        return config => StartingAt(config, text);
    }

    private static QueueConfig StartingAt(QueueConfig config, string from) =>
        config with { Subscription = config.Subscription! with { From = from } };

    private static bool WriteFrom(JsonOutput output, QueueConfig config)
    {
        output.Text(config.Subscription!.From);
        return true;
    }
}
