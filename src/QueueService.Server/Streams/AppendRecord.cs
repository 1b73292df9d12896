using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

internal static class AppendRecord
{
    private const string Example = """{"partition":3,"offset":41,"timestamp":"2026-11-21T10:00:00.000Z"}""";

    private static readonly Operation Description = new(
        "appendRecord", Tags.Streams, "Append a record",
        "The body is the record: its bytes are stored as they are, with their content type. With a key it goes where " +
        "Kafka's default partitioner puts that key; without one, each request goes to the next partition; a stream " +
        "that is compacted requires one. `Message-Tombstone: true` with an empty body appends a record that has no " +
        "value. `Message-Attribute-<name>` headers become headers of the record. With the three `Producer-` headers, " +
        "or an Idempotency-Key, a retry appends nothing and is told where the record is.")
    {
        IsKeyed = true,
        Parameters = [.. RecordOptions.Parameters, .. ProducerHeaders.Parameters],
        Request = [new("*/*", "Bytes", "hello")],
        Replies =
        [
            new(200, "The producer had sent this request before.", Content.Json("AppendedRecord", Example))
                { Headers = [Answers.DurabilityHeader, "Location"] },
            new(201, "The record is stored, as Message-Durability says.", Content.Json("AppendedRecord", Example))
                { Headers = [Answers.DurabilityHeader, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, StreamProblems.PartitionNotFound,
            .. ProducerHeaders.Problems, StreamProblems.KeyRequired, ProblemKind.RequestTooLarge,
            ProblemKind.MessageTooLarge, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", StreamRoutes.Records, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName stream = http.Stream(ref problem);
        QueryValues query = RequestQuery.ReadKeyed(http, RecordOptions.QueryNames, ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        ProducerState? producer = ProducerHeaders.Read(http, ref problem);
        MessageDraft draft = default;
        RecordOptions.Read(http, in query, ref draft, ref problem);
        using MessageBatch batch = MessageBatch.Rent();
        if (problem is null)
        {
            // The connection's buffer is given back before the commit is awaited.
            using RequestBody body = await RequestBody.Read(http, host.Bodies);
            problem = body.Problem() ?? Fill(http, batch, in draft, body.Span);
        }

        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, batch);
        Result<AppendOutcome> result = await host.Broker.Append(stream, batch, producer, token);
        IdempotencyKey.Tell(http, token);
        if (!result.Succeeded) await result.Error.Write(http);
        else if (result.Value.Refused != BrokerError.None)
            await ProducerHeaders.Refused(result.Value, null).Write(http);
        else await Answer(http, stream, result.Value, batch.PlaceOf(0));
    }

    private static Problem? Fill(HttpContext http, MessageBatch batch, in MessageDraft draft, ReadOnlySpan<byte> body)
    {
        Problem? problem = null;
        if (draft.IsTombstone && !body.IsEmpty)
            return Problem.Invalid("", "The body must be empty: a tombstone has no value.");
        if (ContentTypes.Is(http.Request.ContentType, ContentTypes.Event))
            return CloudEventReader.ReadOne(body, in draft, batch, out _);
        if (ContentTypes.Is(http.Request.ContentType, ContentTypes.EventBatch))
            return new Problem(ProblemKind.UnsupportedMediaType, "Batched CloudEvents are sent to …/records/batch.");
        var headers = draft.ToHeaders("Message-Attribute", "", ref problem);
        if (problem is null) batch.Add(headers, body, draft.Options);
        return problem;
    }

    private static Task Answer(
        HttpContext http, StreamName stream, AppendOutcome outcome, (int Partition, long Offset) place)
    {
        http.Promise(outcome.Durability);
        http.Response.Headers.Location =
            $"/v1/streams/{stream.Value}/partitions/{place.Partition}/records/{place.Offset}";
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"partition\":"u8).Number(place.Partition).Raw(",\"offset\":"u8).Number(place.Offset)
            .Raw(",\"timestamp\":"u8).Instant(outcome.Timestamp).Raw("}"u8);
        return http.Answer(outcome.IsDuplicate ? 200 : 201, Answers.Json, output);
    }
}
