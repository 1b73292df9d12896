using QueueService.Broker;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Streams;

namespace QueueService.Server.DurableStreams;

internal static class AppendToDurableStream
{
    public static readonly Operation Description = new(
        "appendToDurableStream", Tags.DurableStreams, "Append to a durable stream, or close it",
        "The body is appended as one piece; of a JSON array each element is a message. With `Stream-Closed` nothing " +
        "can be appended afterwards, and the body may be empty: both happen in one commit. With the three " +
        "`Producer-` headers a retry appends nothing and answers 204; with an Idempotency-Key it is told what the " +
        "first one was.")
    {
        IsKeyed = true,
        Parameters =
        [
            DurableStreamHeaders.ClosedParameter,
            new(DurableStreamHeaders.Sequence, "String",
                "Must be greater, byte by byte, than that of the append before.", "0001", ParameterPlace.Header),
            new(
                DurableStreamHeaders.ProducerId, "String",
                "Names the producer among whose requests retries are recognised.", "importer-1", ParameterPlace.Header),
            new(DurableStreamHeaders.ProducerEpoch, "Counter",
                "Of the process that speaks for the producer: a higher one fences those before it.", "0",
                ParameterPlace.Header),
            new(DurableStreamHeaders.ProducerSequence, "Counter",
                "Of the request: 0 for the first of an epoch, and one more for each further one.", "0",
                ParameterPlace.Header),
        ],
        Request = [new Content("*/*", "Bytes", "hello")],
        Replies =
        [
            new(200, "It was appended, for a producer.") { Headers = [.. Told, .. OfProducer] },
            new(204, "It was appended; for a producer: it had been before, or the stream was closed.")
                { Headers = [.. Told, .. OfProducer] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, DurableStreamProblems.NotFound, DurableStreamProblems.Gone,
            DurableStreamProblems.Closed, DurableStreamProblems.ContentTypeMismatch,
            DurableStreamProblems.SequenceNotRising, StreamProblems.ProducerFenced, StreamProblems.ProducerSequenceGap,
            StreamProblems.TooManyProducers, ProblemKind.RequestTooLarge, ProblemKind.MessageTooLarge,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.DiskFull,
        ],
    };

    private static string[] Told => [Answers.DurabilityHeader, .. DurableStreamHeaders.OfStream];

    private static string[] OfProducer => [DurableStreamHeaders.ProducerEpoch, DurableStreamHeaders.ProducerSequence];

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        var append = new DurableStreamAppend(http.DurableStream(ref problem))
        {
            ContentType = DurableStreamHeaders.ContentType(http, ref problem),
            Sequence = DurableStreamHeaders.StreamSequence(http, ref problem),
            Closes = DurableStreamHeaders.IsTrue(http, DurableStreamHeaders.Closed, ref problem),
            Producer = DurableStreamHeaders.Producer(http, ref problem),
        };
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        using MessageBatch batch = MessageBatch.Rent();
        if (problem is null)
        {
            using RequestBody body = await RequestBody.Read(http, host.Bodies);
            problem = body.Problem() ?? Fill(batch, append, body.Span);
        }

        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = http.Request.Headers.ContainsKey(IdempotencyKey.Header)
            ? key.ToToken(http, $"{append}|{Convert.ToHexString(batch.Fingerprint())}")
            : null;
        Result<DurableAppendOutcome> result = await host.Broker.AppendDurable(append, batch, token);
        IdempotencyKey.Tell(http, token);
        if (!result.Succeeded) await result.Error.Write(http);
        else if (result.Value.Refused != BrokerError.None) await Refuse(http, append, result.Value).Write(http);
        else Answer(http, append, result.Value, isNew: batch.Count > 0 && !result.Value.IsDuplicate);
    }

    private static Problem? Fill(MessageBatch batch, DurableStreamAppend append, ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty && append.Closes) return null;
        if (body.IsEmpty) return Problem.Invalid("", "There is nothing to append, and Stream-Closed is not true.");
        if (append.ContentType is not { } type)
            return Problem.Invalid("Content-Type", "is needed: it must be that of the stream.");
        Problem? problem = DurableRecord.Add(batch, type, body);
        return problem is null && batch.Count == 0 ? Problem.Invalid("", "The array has no messages.") : problem;
    }

    private static void Answer(HttpContext http, DurableStreamAppend append, DurableAppendOutcome outcome, bool isNew)
    {
        DurableStreamHeaders.Promise(http);
        DurableStreamHeaders.Tell(http, outcome.End, outcome.IsClosed);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        if (append.Producer is not { } producer) return;
        if (isNew) (http.Response.StatusCode, http.Response.ContentLength) = (StatusCodes.Status200OK, 0);
        http.Response.Headers[DurableStreamHeaders.ProducerEpoch] = producer.Epoch.ToString();
        http.Response.Headers[DurableStreamHeaders.ProducerSequence] = outcome.Sequence.ToString();
    }

    private static Problem Refuse(HttpContext http, DurableStreamAppend append, DurableAppendOutcome outcome)
    {
        DurableStreamHeaders.Tell(http, outcome.End, outcome.IsClosed);
        IHeaderDictionary headers = http.Response.Headers;
        switch (outcome.Refused)
        {
            case BrokerError.ProducerFenced:
                headers[DurableStreamHeaders.ProducerEpoch] = outcome.Expected.ToString();
                return BrokerProblems.Of(outcome.Refused).Telling("currentEpoch", outcome.Expected);
            case BrokerError.ProducerSequenceGap:
                headers[DurableStreamHeaders.ExpectedSequence] = outcome.Expected.ToString();
                headers[DurableStreamHeaders.ReceivedSequence] = append.Producer!.Sequence.ToString();
                return BrokerProblems.Of(outcome.Refused).Telling("expectedSequence", outcome.Expected);
            case BrokerError.ProducerEpochNotBegun:
                return Problem.Invalid(DurableStreamHeaders.ProducerSequence, "must be 0: a new epoch begins with it.");
            default:
                return BrokerProblems.Of(outcome.Refused);
        }
    }
}
