using QueueService.Broker;
using QueueService.Server.Http;
using QueueService.Server.Topics;
using QueueService.Server.Topics.Targets;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Service;

/// <summary>Bounds of webhooks.</summary>
internal static partial class LimitList
{
    private static readonly Limit[] Webhooks =
    [
        new("webhookUrlLength", EndpointUrl.MaxLength, "characters", "The address of a webhook."),
        new("webhookHeaders", WebhookLimits.CustomHeaders, "headers", "Headers that a webhook target adds."),
        new("webhookHeaderBytes", WebhookLimits.CustomHeaderBytes, "bytes", "Names and values of these headers."),
        new("webhookCredentialLength", WebhookLimits.CredentialLength, "characters",
            "User name and password, or token, of a webhook target."),
        new("webhookConcurrency", WebhookTargetJson.MaxConcurrency, "attempts", "maxConcurrency of a webhook target."),
        new(
            "webhookRatePerSecond", WebhookTargetJson.MaxRatePerSecond, "attempts",
            "ratePerSecond of a webhook target."),
        new("webhookAttempts", RetrySchedule.MaxAttemptsLimit, "attempts", "maxAttempts of a webhook target."),
        new("webhookSecrets", WebhookLimits.SigningKeys, "keys", "Keys of one webhook that sign at once.",
            ProblemKind.TooManySecrets),
        new("secretOverlapSeconds", RotateSecret.MaxOverlapSeconds, "seconds", "overlapSeconds of a rotation."),
        new("webhookAttemptsAtOnce", WebhookLimits.AttemptsAtOnce, "attempts", "Attempts of all endpoints at once.")
        {
            Instead = "Endpoints take turns.",
        },
        new("webhookBytesAtOnce", WebhookLimits.AttemptBytesAtOnce, "bytes", "Bodies of all attempts at once.")
        {
            Instead = "Endpoints take turns.",
        },
        new("webhookAttemptSeconds", (long)WebhookLimits.TotalTimeout.TotalSeconds, "seconds", "One attempt.")
        {
            Instead = "The attempt fails with timeout.",
        },
        new("webhookAnswerBytes", WebhookLimits.AnswerBytesRead, "bytes", "What is read of an endpoint's answer.")
        {
            Instead = "The rest is not read.",
        },
        new("attemptBodyBytes", WebhookLimits.AnswerBytesKept, "bytes", "What an attempt keeps of either body.")
        {
            Instead = "The rest is not kept.",
        },
        new("keptAttempts", MessageBroker.AttemptsKept, "attempts", "Attempts that are kept of a subscription.")
        {
            Instead = "The oldest is forgotten.",
        },
        new("replayDeliveries", Replay.MaxDeliveries, "messages", "Messages that one replay delivers again.")
        {
            Instead = "The answer says where to go on.",
        },
        new("replayExamined", Replay.MaxExamined, "messages", "Messages that one replay looks at.")
        {
            Instead = "The answer says where to go on.",
        },
    ];
}
