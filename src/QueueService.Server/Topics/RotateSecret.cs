using System.Text;
using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Deliveries;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using QueueService.Server.Topics.Targets;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics;

internal static class RotateSecret
{
    public const int DefaultOverlapSeconds = 86_400;

    /// <summary>30 days: a key that has to be kept for longer is not rotated.</summary>
    public const int MaxOverlapSeconds = 2_592_000;

    /// <summary>Each time somebody else was faster.</summary>
    private const int Tries = 5;

    private const string Example = """
        {"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=","secrets":[{"hint":"…GKYo"},
        {"hint":"…a5Yw","expiresAt":"2026-11-22T10:00:00.000Z"}]}
        """;

    private static readonly FieldNames Fields = new("secret", "overlapSeconds");

    private static readonly Operation Description = new(
        "rotateSecret", Tags.Subscriptions, "Give a webhook a new signing secret",
        "Shown only in this answer; generated when none is given. Deliveries are signed with the former ones, too, " +
        "for `overlapSeconds` (0 to 2,592,000; without it 86,400), so that receivers can change theirs in between. " +
        "At most four keys sign at once. Repeated with the same Idempotency-Key it shows the same secret again: it " +
        "is kept sealed, as the subscription keeps it.")
    {
        IsKeyed = true,
        Request = [Content.Json("SecretRotation", """{"overlapSeconds":3600}""")],
        Replies =
        [
            new(200, "The new secret.", Content.Json("RotatedSecret", Example)) { Headers = Schemas.DefinitionHeaders },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.SubscriptionNotFound, ProblemKind.NotWebhookSubscription,
            ProblemKind.TooManySecrets, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.RequestTooLarge, ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", TopicRoutes.Subscription + "/secrets", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        Rotation rotation = new();
        IdempotencyToken? token = null;
        if (problem is null) (token, problem) = await JsonBody.ReadKeyed(http, host, rotation, ReadObject);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        rotation.Secret ??= WebhookSecret.Generate();
        Result<Rotated?> result = token is null ? default : await FindEarlier(host, token);
        if (result is { Succeeded: true, Value: null }) (result, problem) = await Rotate(host, name, rotation, token);
        IdempotencyKey.Tell(http, token);
        if (problem is not null) await problem.Write(http);
        else if (!result.Succeeded) await result.Error.Write(http);
        else await Answer(http, result.Value!, new WebhookDefinition(host.Webhooks, name));
    }

    /// <summary>What an earlier request with the key came to.</summary>
    private static async ValueTask<Result<Rotated?>> FindEarlier(BrokerHost host, IdempotencyToken token)
    {
        Result<byte[]?> etag = await host.Broker.Recall(token);
        if (!etag.Succeeded) return etag.Error;
        if (etag.Value is null) return default(Rotated?);
        Result<byte[]?> target = await host.Broker.Recall(token.OfNote);
        if (!target.Succeeded) return target.Error;
        return new Rotated(Encoding.UTF8.GetString(target.Value!), Encoding.ASCII.GetString(etag.Value));
    }

    private static async ValueTask<(Result<Rotated?> Result, Problem? Problem)> Rotate(
        BrokerHost host, SubscriptionName name, Rotation rotation, IdempotencyToken? token)
    {
        for (int i = 0; i < Tries; i++)
        {
            (QueueDescription? found, Problem? problem) = await DeliveryRoutes.FindWebhook(host, name);
            if (found is null) return (default, problem);
            SubscriptionConfig subscription = found.Config.Subscription!;
            WebhookTarget target = WebhookTarget.FromJson(subscription.Destination);
            WebhookDefinition definition = new(host.Webhooks, name);
            if (definition.Has(target, rotation.Secret!))
                return (default, Problem.Invalid("/secret", "is one of the keys of the subscription already."));
            SealedSigningKey[] keys =
                [definition.Seal(rotation.Secret!), .. Ending(target.Keys, host.Time, rotation.OverlapSeconds)];
            if (keys.Length > WebhookLimits.SigningKeys) return (default, new Problem(ProblemKind.TooManySecrets));
            string kept = (target with { Keys = keys }).ToJson();
            if (token is not null) token.Note = Encoding.UTF8.GetBytes(kept);
            Result<string?> etag = await host.Broker.ChangeDestination(name, kept, found.ETag, token);
            if (etag is { Succeeded: true, Value: { } tag }) return (new Rotated(kept, tag), null);
            if (etag.Succeeded) return (await FindEarlier(host, token!), null);
            if (etag.Error != BrokerError.PreconditionFailed) return (etag.Error, null);
        }

        return (BrokerError.Overloaded, null);
    }

    /// <summary>The keys that go on signing, each until the end of its own overlap or of this one.</summary>
    private static IEnumerable<SealedSigningKey> Ending(
        IReadOnlyList<SealedSigningKey> keys, TimeProvider time, int overlapSeconds)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        long end = now + (overlapSeconds * 1_000L);
        return keys.Select(key => key with { ExpiresAt = Math.Min(key.ExpiresAt ?? end, end) })
            .Where(key => key.ExpiresAt > now);
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, Rotation rotation)
    {
        Problem? problem = null;
        PolicyObject fields = new("", Fields);
        while (fields.Next(ref json, ref problem))
        {
            if (json.TokenType == JsonTokenType.Null) continue;
            if (fields.Index == 1)
            {
                rotation.OverlapSeconds =
                    fields.Integer(ref json, 0, MaxOverlapSeconds, DefaultOverlapSeconds, ref problem);
                continue;
            }

            bool read = JsonRequest.TryText(ref json, "/secret", out string text, ref problem);
            json.TrySkip();
            rotation.Secret = read ? WebhookSecret.Parse(text) : null;
            if (read && rotation.Secret is null)
                Problem.Blame(ref problem, "/secret", WebhookTargetJson.NotASecret);
        }

        return problem;
    }

    private static Task Answer(HttpContext http, Rotated rotated, WebhookDefinition definition)
    {
        WebhookTarget target = WebhookTarget.FromJson(rotated.Target);
        http.Promise(Durability.Fsync);
        http.Response.Headers.ETag = ETags.Quote(rotated.ETag);
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"secret\":"u8).Text(definition.NewestKey(target).Reveal()).Raw(",\"secrets\":"u8);
        WebhookPartsJson.WriteKeys(output, target.Keys);
        output.Raw("}"u8);
        return http.Answer(200, Answers.Json, output);
    }

    /// <summary>The target as it is kept, with its keys sealed.</summary>
    private sealed record Rotated(string Target, string ETag);

    private sealed class Rotation
    {
        public WebhookSecret? Secret { get; set; }

        public int OverlapSeconds { get; set; } = DefaultOverlapSeconds;
    }
}
