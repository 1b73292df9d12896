using QueueService.Broker;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.DurableStreams;

internal static class PutDurableStream
{
    public static readonly Operation Description = new(
        "putDurableStream", Tags.DurableStreams, "Create a durable stream",
        "With the body, if any, as its first append. Idempotent: the same request again answers 200 and appends " +
        "nothing. With `Stream-Forked-From` the stream begins with what another one has at this moment, or had at an " +
        "offset, and nothing is copied.")
    {
        Parameters =
        [
            new(
                DurableStreamHeaders.Ttl, "Counter", "Ends when nobody has read or appended for so many seconds.",
                "3600", ParameterPlace.Header),
            new(DurableStreamHeaders.ExpiresAt, "String", "Ends at this instant.", "2026-11-21T10:00:00Z",
                ParameterPlace.Header),
            DurableStreamHeaders.ClosedParameter,
            new(DurableStreamHeaders.ForkedFrom, "String", "The path of the stream to begin with.",
                "/durable-streams/chats/7", ParameterPlace.Header),
            new(DurableStreamHeaders.ForkOffset, "String", "Begin with what lies before this offset.",
                DurableStreamHeaders.Offset(3), ParameterPlace.Header),
            new(DurableStreamHeaders.ForkSubOffset, "Counter",
                "And with so many bytes, or JSON messages, of the append at that offset.", "2", ParameterPlace.Header),
        ],
        Request = [new Content("*/*", "Bytes", "hello")],
        Replies =
        [
            new(200, "It existed, as wanted.") { Headers = DurableStreamHeaders.OfStream },
            new(201, "It was created.")
                { Headers = [Answers.DurabilityHeader, "Location", .. DurableStreamHeaders.OfStream] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, DurableStreamProblems.NotFound, DurableStreamProblems.Exists,
            DurableStreamProblems.ContentTypeMismatch, DurableStreamProblems.ForkSourceGone,
            DurableStreamProblems.ForkTooDeep, ProblemKind.RequestTooLarge, ProblemKind.MessageTooLarge,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.TooManyQueues, ProblemKind.DiskFull,
        ],
    };

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        DurableStreamName name = http.DurableStream(ref problem);
        DurableStreamDraft draft = DurableStreamDrafts.Read(http, name, ref problem);
        using MessageBatch batch = MessageBatch.Rent();
        if (problem is null) (draft, problem) = await DurableStreamDrafts.Complete(host, draft, batch);
        if (problem is null)
        {
            using RequestBody body = await RequestBody.Read(http, host.Bodies);
            problem =
                body.Problem() ?? DurableRecord.Add(batch, draft.ContentType ?? ContentTypes.OctetStream, body.Span);
        }

        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<DurableStreamChange> result = await host.Broker.PutDurableStream(draft, batch);
        if (result.Succeeded) Answer(http, result.Value);
        else if (result.Error == BrokerError.ForkOffsetBeyondEnd) await Beyond().Write(http);
        else await result.Error.Write(http);
    }

    private static Problem Beyond() =>
        Problem.Invalid(DurableStreamHeaders.ForkOffset, "lies beyond the end of the stream that is to be forked.");

    private static void Answer(HttpContext http, DurableStreamChange change)
    {
        HttpRequest request = http.Request;
        http.Response.StatusCode = change.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        http.Response.ContentType = change.Stream.Config.ContentType;
        http.Response.ContentLength = 0;
        DurableStreamHeaders.Tell(http, change.Stream.End, change.Stream.IsClosed);
        if (!change.Created) return;
        DurableStreamHeaders.Promise(http);
        http.Response.Headers.Location =
            $"{request.Scheme}://{request.Host.ToUriComponent()}{request.Path.ToUriComponent()}";
    }
}
