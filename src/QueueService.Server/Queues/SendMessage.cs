using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class SendMessage
{
    private const string Example = """
        {"id":"AAAAAQAAAAAAAAAq","sequenceNumber":42,"sentAt":"2026-11-21T10:00:00.000Z",
        "md5OfBody":"5d41402abc4b2a76b9719d911017c592"}
        """;

    private const string Repeated = """
        {"id":"AAAAAQAAAAAAAAAq","sequenceNumber":42,"sentAt":"2026-11-21T10:00:00.000Z",
        "md5OfBody":"5d41402abc4b2a76b9719d911017c592","deduplicated":true}
        """;

    public static readonly Operation Description = new(
        "sendMessage", Tags.Messages, "Send a message",
        "The body is the message: its bytes are stored as they are, with their content type. Options ride in headers " +
        "or in the query. `Message-Attribute-<name>` headers become attributes. CloudEvents are accepted in binary " +
        "(`ce-*` headers) and structured form (`application/cloudevents+json`).")
    {
        IsKeyed = true,
        Parameters = MessageOptions.Parameters,
        // Structured events are among all types: naming them would make SDK generators take all bodies for JSON.
        Request = [new("*/*", "Bytes", "hello")],
        Replies =
        [
            new(201, "The message is stored, as Message-Durability says.", Content.Json("SentMessage", Example))
                { Headers = [Answers.DurabilityHeader, "Location"] },
            new(200, "A message with this deduplication id was stored before: the answer is about that one.",
                Content.Json("SentMessage", Repeated)) { Headers = [Answers.DurabilityHeader, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.DelayExceedsRetention, ProblemKind.DeliverAtTooFar,
            ProblemKind.PriorityNotSupported, ProblemKind.DeduplicationNotSupported, ProblemKind.WindowFull,
            ProblemKind.QueueNotFound,
            ProblemKind.RequestTooLarge,
            ProblemKind.MessageTooLarge, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.QueueFull, ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Messages, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        QueryValues query = RequestQuery.ReadKeyed(http, MessageOptions.QueryNames, ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        MessageDraft draft = default;
        MessageOptions.Read(http, in query, ref draft, ref problem);
        if (problem is null && queue.Kind == QueueKind.Topic) MessageOptions.RefuseTiming(http, in query, ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        MessageBatch batch = MessageBatch.Rent();
        UInt128 md5 = default;
        // The connection's buffer is given back before the commit is awaited.
        using (RequestBody body = await RequestBody.Read(http, host.Bodies))
            problem = body.Problem() ?? Fill(http, batch, ref draft, body.Span, out md5);
        if (problem is not null)
        {
            batch.Dispose();
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, batch);
        Result<SendOutcome> result = await host.Broker.Send(queue, batch, token);
        IdempotencyKey.Tell(http, token);
        await (result.Succeeded ? Answer(http, queue, result.Value, md5) : result.Error.Write(http));
    }

    private static Problem? Fill(
        HttpContext http, MessageBatch batch, ref MessageDraft draft, ReadOnlySpan<byte> body, out UInt128 md5)
    {
        md5 = default;
        Problem? problem = null;
        if (ContentTypes.Is(http.Request.ContentType, ContentTypes.Event))
            return CloudEventReader.ReadOne(body, in draft, batch, out md5);
        if (ContentTypes.Is(http.Request.ContentType, ContentTypes.EventBatch))
            return new Problem(ProblemKind.UnsupportedMediaType, "Batched CloudEvents are sent to …/messages/batch.");
        MessageHeaders headers = draft.ToHeaders("Message-Attribute", "Message-Deliver-At", ref problem);
        if (problem is null) batch.Add(headers, body, draft.Options);
        md5 = Md5(body);
        return problem;
    }

    /// <summary>The checksum of the body, as SQS answers it.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "Compared by clients against accidents, not attacks.")]
    public static UInt128 Md5(ReadOnlySpan<byte> body)
    {
        UInt128 hash = default;
        MD5.HashData(body, MemoryMarshal.AsBytes(new Span<UInt128>(ref hash)));
        return hash;
    }

    private static Task Answer(HttpContext http, QueueName queue, SendOutcome outcome, UInt128 md5)
    {
        MessageId id = outcome.IdAt(0);
        http.Promise(outcome.Durability);
        // A message of a topic has no address of its own: it is in every subscription.
        if (queue.Kind == QueueKind.Queue)
            http.Response.Headers.Location = string.Concat("/v1/queues/", queue.Value, "/messages/", id.ToString());
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"id\":"u8);
        id.Format(output.Quoted(MessageId.TextLength));
        output.Raw(",\"sequenceNumber\":"u8).Number(id.SequenceNumber)
            .Raw(",\"sentAt\":"u8).Instant(outcome.SentAtOf(0)).Raw(",\"md5OfBody\":"u8);
        Span<byte> hex = output.Quoted(32);
        Convert.TryToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in md5)), hex, out _);
        bool isDuplicate = outcome.IsDuplicate(0);
        output.Raw(isDuplicate ? ",\"deduplicated\":true}"u8 : "}"u8);
        return http.Answer(isDuplicate ? 200 : 201, Answers.Json, output);
    }
}
