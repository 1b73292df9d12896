using System.Text;
using System.Text.Json;
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
    private const string DefaultType = "application/json";

    private static readonly FieldNames Fields = new("body", "contentType");

    private static readonly Operation Description = new(
        "testSubscription", Tags.Subscriptions, "Send a sample to a webhook",
        "Made as a delivery is, now, whatever the state of the circuit, also when the subscription is paused. Answers the " +
        "whole attempt, also when the endpoint failed; nothing is kept, and nothing is tried again. Without a `body`, " +
        "`{\"test\":true}` is sent.")
    {
        Request = [Content.Json("TestRequest", """{"body":"{\"order\":1}","contentType":"application/json"}""")],
        Replies = [new(200, "The attempt.", Content.Json("TestAttempt", AttemptJson.Example))],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.SubscriptionNotFound, ProblemKind.NotWebhookSubscription,
            ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", TopicRoutes.Subscription + "/test", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Sample sample = new();
        problem ??= await JsonBody.Read(http, host, sample, ReadObject);
        QueueDescription? subscription = null;
        if (problem is null) (subscription, problem) = await DeliveryRoutes.FindWebhook(host, name);
        if (problem is null && !host.Webhooks.IsListening) problem = new Problem(ProblemKind.Starting);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        AttemptDetails attempt =
            await host.Webhooks.Test(subscription!, sample.ContentType, sample.Body, http.RequestAborted);
        JsonOutput output = JsonOutput.Rent();
        AttemptJson.Write(output, attempt);
        await http.Answer(200, Answers.Json, output);
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
        public byte[] Body { get; set; } = WebhookHost.Sample;

        public string ContentType { get; set; } = DefaultType;
    }
}
