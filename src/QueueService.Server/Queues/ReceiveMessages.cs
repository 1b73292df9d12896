using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class ReceiveMessages
{
    private static readonly string[] Parameters = ["max", "wait", "visibilityTimeout", "ack", "format", "attemptId"];
    private static readonly string[] Acknowledging = ["explicit", "auto"];
    private static readonly string[] Formats = ["json", "raw", "cloudEvents"];
    private static readonly FieldNames Fields = new("acknowledge");

    public static readonly Operation Description = new(
        "receiveMessages", Tags.Messages, "Receive messages",
        "Leases every available message up to `max`: each is hidden from other consumers until it is acknowledged " +
        "with its receipt handle, or its visibility timeout ends. An Idempotency-Key means the same as `attemptId`. " +
        "Handles in the body's `acknowledge` are acknowledged in the same commit. With `format=raw` one message is " +
        "answered as its own bytes, the rest of it in headers.")
    {
        IsKeyed = true,
        Parameters =
        [
            new("max", "ReceiveMax", "At most this many messages.", "10"),
            new("wait", "Duration", "Wait so long for a first message; at most 60s.", "20s"),
            new("visibilityTimeout", "Duration", "How long the messages are hidden; at most 12h.", "30s"),
            new("ack", "AcknowledgeMode", "`auto` deletes the messages in the commit that hands them out.", "explicit"),
            new("format", "ReceiveFormat", "The form of the answer.", "json"),
            new("attemptId", "String",
                "Names this receive: repeated within five minutes, it gets the messages again that it still leases.",
                "worker-3-0815"),
        ],
        Request = [Content.Json("ReceiveRequest", """{"acknowledge":[]}""")],
        Replies =
        [
            new(200, "The messages; an empty list when none was available.",
                Content.Json("ReceivedMessages", $$"""{"messages":[{{MessageJson.Example}}]}"""))
                { Headers = [Answers.DurabilityHeader] },
            new(204, "With `format=raw`: no message was available.") { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.QueueNotFound, ProblemKind.UnsupportedMediaType,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge, ProblemKind.TooManyWaiters,
            ProblemKind.TooManyInFlight, ProblemKind.TooManyReceiveAttempts,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Queue + "/receive", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        QueryValues query = RequestQuery.ReadKeyed(http, Parameters, ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        ReceiveFormat format = (ReceiveFormat)RequestQuery.Choice(query[4], "format", Formats, ref problem);
        ReceiveRequest request = ReadQuery(in query, format, key, ref problem);
        ReceiptList? receipts = null;
        if (problem is null && http.Request.ContentLength is not 0)
            (receipts, problem) = await ReadBody(http, host);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        request = request with { Acknowledge = receipts?.Handles };
        // Only a receive that may wait has something to cancel.
        CancellationToken gone = request.WaitMilliseconds == 0 ? CancellationToken.None : http.RequestAborted;
        Result<ReceivedMessages> result = await host.Broker.Receive(queue, request, gone);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        using ReceivedMessages messages = result.Value;
        http.Promise(messages.Durability);
        ReceiveAnswer answer = new(http, queue, messages, receipts, format);
        if (!await answer.Write()) await Release(host, queue, messages);
        await host.ReportDamage(messages);
    }

    private static ReceiveRequest ReadQuery(
        in QueryValues query, ReceiveFormat format, IdempotencyKey key, ref Problem? problem)
    {
        int max = RequestQuery.Integer(query[0], "max", 1, ReceiveRequest.MaxMessages, 1, ref problem);
        if (format == ReceiveFormat.Raw && max > 1)
            Problem.Blame(ref problem, "?max", "must be 1 with format=raw: the answer is one message.");
        string? attempt = query[5]?.ToString();
        if (attempt is not null && attempt.Length is 0 or > QueueConfigLimits.MaxGroupCharacters)
            Problem.Blame(
                ref problem, "?attemptId", $"must be 1 to {QueueConfigLimits.MaxGroupCharacters} characters.");
        if (key.AttemptId is { } keyed)
        {
            if (attempt is not null) Problem.Blame(ref problem, "?attemptId", "is given as Idempotency-Key as well.");
            attempt = keyed;
        }

        bool auto = RequestQuery.Choice(query[3], "ack", Acknowledging, ref problem) == 1;
        if (auto && attempt is not null)
            Problem.Blame(
                ref problem, key.AttemptId is null ? "?attemptId" : IdempotencyKey.Header,
                "has no meaning with ack=auto: nothing stays leased.");
        return new ReceiveRequest
        {
            AttemptId = attempt,
            Max = max,
            WaitMilliseconds = (int?)RequestQuery.Duration(
                query[1], "?wait", QueueConfigLimits.MaxReceiveWaitSeconds, ref problem),
            VisibilityMilliseconds = RequestQuery.Duration(
                query[2], "?visibilityTimeout", QueueConfigLimits.MaxVisibilityTimeoutSeconds, ref problem),
            AcknowledgeOnReceipt = auto,
        };
    }

    private static async ValueTask<(ReceiptList? Receipts, Problem? Problem)> ReadBody(
        HttpContext http, BrokerHost host)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        if (body.Error is not null || body.Span.IsEmpty) return (null, body.Problem());
        Problem? problem = JsonRequest.CheckContentType(http);
        if (problem is not null) return (null, problem);
        ReceiptList receipts = ReceiptList.ForBody(body.Span.Length);
        problem = JsonRequest.Parse(body.Span, receipts, ReadObject);
        return (receipts, problem);
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, ReceiptList receipts)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            if (field == 0) receipts.Read(ref json, "/acknowledge", ref problem);
            else json.TrySkip();
        }

        return problem;
    }

    /// <summary>Nobody got these messages: they go back at once instead of waiting for their timeout.</summary>
    private static async ValueTask Release(BrokerHost host, QueueName queue, ReceivedMessages messages)
    {
        List<ReceiptHandle> handles = new(messages.Count);
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages.TryRead(i, out MessageView message) && message.Receipt != default)
                handles.Add(message.Receipt);
        }

        // Whatever the outcome, the timeout remains as the second way back.
        if (handles.Count > 0) await host.Broker.Settle(queue, Settlement.Release, handles);
    }
}

/// <summary>In the order of the names in the query.</summary>
internal enum ReceiveFormat
{
    Json,
    Raw,
    CloudEvents,
}
