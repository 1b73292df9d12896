using System.Text;
using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class DeadLetterMessage
{
    /// <summary>When the consumer gives no reason.</summary>
    private const string DefaultReason = "rejected";

    private static readonly FieldNames Fields = new("reason");

    public static readonly Operation Description = new(
        "deadLetterMessage", Tags.Receipts, "Give a message up",
        "It moves to the dead-letter queue that the redrivePolicy names, in one commit, with its id, attributes and " +
        "time of sending.")
    {
        IsKeyed = true,
        Request = [Content.Json("DeadLetterRequest", """{"reason":"no such customer"}""")],
        Replies = [new(204, "The message was moved.") { Headers = [Answers.DurabilityHeader] }],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.QueueNotFound, ProblemKind.ReceiptInvalid,
            ProblemKind.ReceiptExpired, ProblemKind.MessageNotFound, ProblemKind.NoDeadLetterQueue,
            ProblemKind.DeadLetterQueueNotFound, ProblemKind.UnsupportedMediaType, ProblemKind.DiskFull,
            ProblemKind.QueueFull, ProblemKind.MessageTooLarge, ProblemKind.RequestTooLarge,
            ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Receipt + "/dead-letter", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        StringBuilder reason = new();
        problem ??= await ReadReason(http, host, reason);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        string why = reason.Length == 0 ? DefaultReason : reason.ToString();
        IdempotencyToken? token = key.ToToken(http, why);
        Result<Durability> result = await host.Broker.DeadLetter(queue, ReceiptEndpoint.Receipt(http), why, token);
        IdempotencyKey.Tell(http, token);
        if (result.Succeeded) http.Promise(result.Value);
        await (result.Succeeded ? http.Answer(204) : result.Error.Write(http));
    }

    private static async ValueTask<Problem?> ReadReason(HttpContext http, BrokerHost host, StringBuilder reason)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        if (body.Error is not null || body.Span.IsEmpty) return body.Problem();
        return JsonRequest.CheckContentType(http) ?? JsonRequest.Parse(body.Span, reason, ReadObject);
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, StringBuilder reason)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            if (field == 0 && JsonRequest.TryText(ref json, "/reason", out string text, ref problem))
            {
                if (Encoding.UTF8.GetByteCount(text) <= Limits.ShortTextBytes) reason.Append(text);
                else Problem.Blame(ref problem, "/reason", $"must have at most {Limits.ShortTextBytes} bytes.");
            }

            json.TrySkip();
        }

        return problem;
    }
}
