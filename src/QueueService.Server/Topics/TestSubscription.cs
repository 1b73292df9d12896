using System.Text;
using System.Text.Json;
using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Deliveries;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics;

internal static class TestSubscription
{
    private static readonly FieldNames Fields = new("body", "contentType");

    private static readonly Operation Description = new(
        "testSubscription", Tags.Subscriptions, "Send a sample to a webhook",
        "Made as a delivery is, now, whatever the state of the circuit, also when the subscription is paused. " +
        "Answers the whole attempt, also when the endpoint failed; nothing is kept, and nothing is tried again. " +
        "Without a `body`, `{\"test\":true}` is sent. A subscription that was made over SNS gets a signed " +
        "Notification, once its owner has confirmed it; its content type is that of its delivery policy. With an " +
        "Idempotency-Key the attempt is remembered when it has ended and answered again: a crash in between lets a " +
        "repeated request make it once more.")
    {
        IsKeyed = true,
        Request = [Content.Json("TestRequest", """{"body":"{\"order\":1}","contentType":"application/json"}""")],
        Replies = [new(200, "The attempt.", Content.Json("TestAttempt", AttemptJson.Example))],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.SubscriptionNotFound, ProblemKind.NotWebhookSubscription,
            ProblemKind.SubscriptionNotConfirmed, ProblemKind.UnsupportedMediaType,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge, ProblemKind.IdempotencyKeyInUse,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", TopicRoutes.Subscription + "/test", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        Sample sample = new();
        IdempotencyToken? token = null;
        if (problem is null) (token, problem) = await JsonBody.ReadKeyed(http, host, sample, ReadObject);
        byte[]? attempt = null;
        if (problem is null)
        {
            (attempt, problem) = token is null
                ? await Attempt(host, name, sample, http.RequestAborted)
                : await AttemptOnce(host, name, sample, token);
        }

        IdempotencyKey.Tell(http, token);
        await (problem?.Write(http) ?? http.Answer(200, Answers.Json, JsonOutput.Rent().Raw(attempt)));
    }

    /// <summary>Remembered when it has ended, also when nobody waits for the answer any more.</summary>
    private static async ValueTask<(byte[]? Attempt, Problem? Problem)> AttemptOnce(
        BrokerHost host, SubscriptionName name, Sample sample, IdempotencyToken token)
    {
        if (!host.Keys.TryEnter(token)) return (null, new Problem(ProblemKind.IdempotencyKeyInUse));
        try
        {
            Result<byte[]?> earlier = await host.Broker.Recall(token);
            if (!earlier.Succeeded) return (null, BrokerProblems.Of(earlier.Error));
            if (earlier.Value is not null) return (earlier.Value, null);
            (byte[]? attempt, Problem? problem) = await Attempt(host, name, sample, CancellationToken.None);
            if (problem is not null) return (null, problem);
            Result<byte[]> kept = await host.Broker.Remember(token, attempt!);
            return kept.Succeeded ? (kept.Value, null) : (null, BrokerProblems.Of(kept.Error));
        }
        finally
        {
            host.Keys.Leave(token);
        }
    }

    private static async ValueTask<(byte[]? Attempt, Problem? Problem)> Attempt(
        BrokerHost host, SubscriptionName name, Sample sample, CancellationToken cancellation)
    {
        (QueueDescription? subscription, Problem? problem) = await DeliveryRoutes.FindWebhook(host, name);
        if (problem is null && !host.Webhooks.IsListening) problem = new Problem(ProblemKind.Starting);
        if (problem is not null) return (null, problem);
        (SnsForm? form, problem) = await FormOf(host, name, subscription!, sample);
        if (problem is not null) return (null, problem);
        WebhookSample message = new(sample.ContentType ?? WebhookSample.DefaultType, sample.Body, form);
        AttemptDetails attempt = await host.Webhooks.Test(subscription!, message, cancellation);
        JsonOutput output = JsonOutput.Rent();
        AttemptJson.Write(output, attempt);
        byte[] json = output.Written.ToArray();
        output.Return();
        return (json, null);
    }

    /// <summary>No form for a subscription of `/v1`.</summary>
    private static async ValueTask<(SnsForm? Form, Problem? Problem)> FormOf(
        BrokerHost host, SubscriptionName name, QueueDescription subscription, Sample sample)
    {
        if (SnsSubscription.Of(subscription.Config) is not { } known) return (null, null);
        if (known.State != SubscriptionState.Confirmed)
            return (null, new Problem(ProblemKind.SubscriptionNotConfirmed));
        if (sample.ContentType is not null)
            return (null, Problem.Invalid("/contentType", "is the delivery policy's of SNS: leave it out."));
        Result<QueueDescription> topic = await host.Broker.GetTopic(name.Topic);
        return topic.Succeeded
            ? (host.Sns.FormOf(name, subscription.Config, topic.Value.Config), null)
            : (null, BrokerProblems.Of(topic.Error));
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, Sample sample)
    {
        Problem? problem = null;
        PolicyObject fields = new("", Fields);
        while (fields.Next(ref json, ref problem))
        {
            if (json.TokenType == JsonTokenType.Null) continue;
            bool isBody = fields.Index == 0;
            string pointer = isBody ? "/body" : "/contentType";
            bool read = JsonRequest.TryText(ref json, pointer, out string text, ref problem);
            json.TrySkip();
            if (!read) continue;
            if (isBody) sample.Body = Encoding.UTF8.GetBytes(text);
            else if (IsContentType(text)) sample.ContentType = text;
            else Problem.Blame(ref problem, pointer, "must be a media type like application/json.");
        }

        return problem;
    }

    private static bool IsContentType(string text) => text.Length <= Limits.ContentTypeLength &&
        text.All(char.IsAscii) && Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(text, out _);

    private sealed class Sample
    {
        public byte[] Body { get; set; } = WebhookSample.DefaultBody;

        /// <summary>Null when none is given.</summary>
        public string? ContentType { get; set; }
    }
}
