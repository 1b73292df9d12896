using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class RescheduleMessage
{
    private static readonly FieldNames Fields = new("delaySeconds", "deliverAt");

    private static readonly Operation Description = new(
        "rescheduleMessage", Tags.Messages, "Deliver a message at another time",
        "A message that is not leased becomes visible after the delay, counted from now, or at the instant. Delete " +
        "it to cancel it.")
    {
        Request = [Content.Json("RescheduleRequest", """{"deliverAt":"2026-11-22T08:00:00Z"}""")],
        RequestRequired = true,
        Replies =
        [
            new(200, "When the message becomes visible.", Content.Json(
                "Lease", """{"visibleAt":"2026-11-22T08:00:00.000Z"}""")) { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.DelayExceedsRetention, ProblemKind.DeliverAtTooFar,
            ProblemKind.QueueNotFound, ProblemKind.MessageNotFound, ProblemKind.MessageLeased,
            ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.RequestTooLarge,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("PATCH", QueueRoutes.Message, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        MessageId id = GetMessage.Id(http, ref problem);
        var draft = new MessageDraftBox();
        problem ??= await ReadBody(http, host, draft);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        // The durability of a queue never changes, so it may be read before.
        Result<QueueDescription> description = await host.Broker.GetQueue(queue);
        Result<long> visibleAt = description.Succeeded
            ? await host.Broker.Reschedule(queue, id, draft.Options)
            : description.Error;
        if (!visibleAt.Succeeded)
        {
            await visibleAt.Error.Write(http);
            return;
        }

        http.Promise(description.Value.Config.Durability);
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"visibleAt\":"u8).Instant(visibleAt.Value).Raw("}"u8);
        await http.Answer(200, Answers.Json, output);
    }

    private static async ValueTask<Problem?> ReadBody(HttpContext http, BrokerHost host, MessageDraftBox draft)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        Problem? problem = body.Problem() ?? JsonRequest.CheckContentType(http);
        return problem ?? JsonRequest.Parse(body.Span, draft, ReadObject);
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, MessageDraftBox draft)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            if (field == 0) MessageReader.ReadDelay(ref json, ref draft.Draft, ref problem);
            else if (field == 1) MessageReader.ReadDeliverAt(ref json, ref draft.Draft, ref problem);
            json.TrySkip();
        }

        if (seen is 0 or 0b11) Problem.Blame(ref problem, "", "Name either delaySeconds or deliverAt.");
        return problem;
    }

    /// <summary>Carries what was read out of the parser.</summary>
    private sealed class MessageDraftBox
    {
        public MessageDraft Draft;

        public SendOptions Options => Draft.Options;
    }
}
