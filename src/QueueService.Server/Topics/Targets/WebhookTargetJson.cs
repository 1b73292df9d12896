using System.Text.Json;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics.Targets;

/// <summary>`{"type":"webhook","url":"https://…"}`: the messages are posted to an address.</summary>
internal static class WebhookTargetJson
{
    public const int MaxConcurrency = 64;
    public const int MaxRatePerSecond = 10_000;

    /// <summary>How the owner of an address may be asked.</summary>
    public static readonly string[] Challenges = [OwnershipCheck.CloudEvents, OwnershipCheck.Echo];

    private static readonly string[] Names =
    [
        "type", "url", "secret", "headers", "authorization", "maxConcurrency", "ratePerSecond", "maxAttempts",
        "challenge",
    ];

    private static readonly FieldNames Fields = new(Names);

    public static readonly TargetType Type = new("webhook", SubscriptionTarget.Webhook, Read, Write)
    {
        Unused = ["visibilityTimeoutSeconds", "receiveWaitSeconds"],
    };

    private static Func<SubscriptionConfig, SubscriptionConfig>? Read(ref Utf8JsonReader json, ref Problem? problem)
    {
        List<string> given = [];
        WebhookDraft draft = new() { Given = given };
        Problem? wrong = null;
        PolicyObject fields = new(TargetJson.Pointer, Fields);
        while (fields.Next(ref json, ref wrong))
        {
            if (fields.Index == 0)
            {
                json.TrySkip();
                continue;
            }

            given.Add(Names[fields.Index]);
            if (json.TokenType != JsonTokenType.Null) draft = ReadField(ref json, fields, draft, ref wrong);
        }

        foreach ((string where, string message) in wrong?.Errors ?? []) Problem.Blame(ref problem, where, message);
        if (wrong is not null) return null;
        string text = draft.ToJson();
        return subscription => subscription with { Target = SubscriptionTarget.Webhook, Destination = text };
    }

    private static WebhookDraft ReadField(
        ref Utf8JsonReader json, in PolicyObject fields, WebhookDraft draft, ref Problem? problem)
    {
        switch (fields.Index)
        {
            case 1: return draft with { Url = Text(ref json, "url", ref problem) };
            case 2: return draft with { Secret = ReadSecret(ref json, ref problem) };
            case 3: return draft with { Headers = WebhookPartsJson.ReadHeaders(ref json, ref problem) };
            case 4:
                (string? kind, string? value) = WebhookPartsJson.ReadAuthorization(ref json, ref problem);
                return draft with { AuthorizationKind = kind, Authorization = value };
            case 5: return draft with { MaxConcurrency = fields.Integer(ref json, 1, MaxConcurrency, 0, ref problem) };
            case 6: return draft with { RatePerSecond = fields.Integer(ref json, 1, MaxRatePerSecond, 0, ref problem) };
            case 7:
                return draft with
                {
                    MaxAttempts = fields.Integer(ref json, 1, RetrySchedule.MaxAttemptsLimit, 0, ref problem),
                };
            default:
                return draft with { Challenge = Challenges[fields.Choice(ref json, Challenges, 0, ref problem)] };
        }
    }

    private static string? ReadSecret(ref Utf8JsonReader json, ref Problem? problem)
    {
        string text = Text(ref json, "secret", ref problem);
        if (text.Length == 0) return null;
        if (WebhookSecret.Parse(text) is { } secret) return secret.Reveal();
        Problem.Blame(ref problem, TargetJson.Pointer + "/secret", NotASecret);
        return null;
    }

    public const string NotASecret = "must be whsec_ and the base64 of 24 to 64 bytes.";

    private static string Text(ref Utf8JsonReader json, string field, ref Problem? problem)
    {
        string pointer = $"{TargetJson.Pointer}/{field}";
        bool read = JsonRequest.TryText(ref json, pointer, out string text, ref problem);
        json.TrySkip();
        if (read && text.Length == 0) Problem.Blame(ref problem, pointer, "must not be empty.");
        return text;
    }

    private static void Write(JsonOutput output, SubscriptionConfig subscription)
    {
        WebhookTarget target = WebhookTarget.FromJson(subscription.Destination);
        output.Raw(",\"url\":"u8).Text(target.Url);
        if (target.Secret is not null) output.Raw(",\"secret\":"u8).Text(target.Secret);
        output.Raw(",\"secrets\":"u8);
        WebhookPartsJson.WriteKeys(output, target.Keys);
        WebhookPartsJson.WriteHeaders(output, target.Headers);
        if (target.AuthorizationKind is { } kind)
            output.Raw(",\"authorization\":{\"type\":"u8).Text(kind).Raw("}"u8);
        output.Raw(",\"maxConcurrency\":"u8).Number(target.MaxConcurrency);
        if (target.RatePerSecond > 0) output.Raw(",\"ratePerSecond\":"u8).Number(target.RatePerSecond);
        output.Raw(",\"maxAttempts\":"u8).Number(target.MaxAttempts);
        if (target.Challenge is { } challenge) output.Raw(",\"challenge\":"u8).Text(challenge);
    }
}
