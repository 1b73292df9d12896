using Microsoft.Extensions.Primitives;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

/// <summary>Sends a message and waits for the answer to it: a call through a queue.</summary>
internal static class RequestReply
{
    private const int DefaultWaitSeconds = 30;

    private static readonly string[] QueryNames = [.. MessageOptions.QueryNames, "wait"];

    private static readonly Operation Description = new(
        "request", Tags.Messages, "Send a message and wait for the answer",
        "The message gets a correlation id, unless it has one, and the name of a temporary queue as `replyTo`. A " +
        "consumer answers by sending a message with the same `Message-Correlation-Id` to that queue. The answer is " +
        "given back as its own bytes, the rest of it in headers. Unless the request names a ttl, the message lives " +
        "as long as the wait. Repeated with the same Idempotency-Key it sends nothing: it answers what was answered " +
        "before, or waits on (its `wait` may differ). An answer that came while nobody waited, or a restart in " +
        "between, leaves it without one (504).")
    {
        IsKeyed = true,
        Parameters =
        [
            .. MessageOptions.Parameters.Where(static parameter =>
                parameter.Name is not ("replyTo" or "Message-Reply-To")),
            new("wait", "Duration", "How long to wait for the answer; at most 60s. Default: 30s.", "10s"),
        ],
        Request = [new("*/*", "Bytes", "2 + 2")],
        Replies = [new(200, "The answer.", new Content("*/*", "Bytes", "4"))],
        Problems =
        [
            ProblemKind.DelayExceedsRetention, ProblemKind.DeliverAtTooFar, ProblemKind.PriorityNotSupported,
            ProblemKind.DeduplicationNotSupported, ProblemKind.WindowFull, ProblemKind.QueueNotFound,
            ProblemKind.IdempotencyKeyInUse, ProblemKind.CorrelationInUse, ProblemKind.TooManyPendingRequests,
            ProblemKind.RequestTooLarge,
            ProblemKind.MessageTooLarge, ProblemKind.UnsupportedContentEncoding, ProblemKind.TooManyQueues,
            ProblemKind.QueueFull, ProblemKind.ReplyTimeout, ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Queue + "/request", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        QueryValues query = RequestQuery.ReadKeyed(http, QueryNames, ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        long wait = RequestQuery.Duration(
            query[QueryNames.Length - 1], "?wait", QueueConfigLimits.MaxReceiveWaitSeconds, ref problem)
            ?? DefaultWaitSeconds * 1_000;
        MessageDraft draft = default;
        MessageOptions.Read(http, in query, ref draft, ref problem);
        MessageDraft asked = draft;
        string correlation = draft.ToRequest(host.Replies.Queue.Value, wait, key.Correlation, ref problem);
        MessageBatch batch = MessageBatch.Rent();
        IdempotencyToken? token = null;
        using (RequestBody body = await RequestBody.Read(http, host.Bodies))
        {
            problem ??= body.Problem();
            if (problem is null)
            {
                batch.Add(
                    draft.ToHeaders("Message-Attribute", "Message-Deliver-At", ref problem), body.Span, draft.Options);
                token = RequestOnce.Token(http, key, in asked, body.Span);
            }
        }

        if (problem is not null)
        {
            batch.Dispose();
            await problem.Write(http);
            return;
        }

        PendingRequest request = new(queue, batch, correlation, wait) { Token = token };
        await (token is null ? Call(http, host, request) : RequestOnce.Call(http, host, request, token));
    }

    /// <summary>Takes the batch over.</summary>
    public static async Task Call(HttpContext http, BrokerHost host, PendingRequest request)
    {
        BrokerError error = await host.Replies.Open(host.Broker);
        if (error != BrokerError.None)
        {
            request.Batch.Dispose();
            await error.Write(http);
            return;
        }

        if (host.Replies.Expect(request.Correlation, out Task<ReplyMessage?> expected) is { } problem)
        {
            request.Batch.Dispose();
            await problem.Write(http);
            return;
        }

        try
        {
            Result<SendOutcome> sent = await host.Broker.Send(request.Queue, request.Batch, request.Token);
            if (!sent.Succeeded)
            {
                await sent.Error.Write(http);
                return;
            }

            ReplyMessage? reply = await expected.WaitAsync(
                TimeSpan.FromMilliseconds(request.Wait), host.Time, http.RequestAborted);
            IdempotencyKey.Tell(http, request.Token);
            await (reply is null ? BrokerError.ShuttingDown.Write(http) : Answer(http, host, reply, request.Token));
        }
        catch (TimeoutException)
        {
            await new Problem(ProblemKind.ReplyTimeout).Write(http);
        }
        finally
        {
            host.Replies.Forget(request.Correlation);
        }
    }

    private static async Task Answer(
        HttpContext http, BrokerHost host, ReplyMessage reply, IdempotencyToken? token)
    {
        HeaderDictionary headers = new() { ["Message-Id"] = reply.Id.ToString() };
        headers["Message-Sent-At"] = Rfc3339.Format(reply.SentAt);
        RawHeaders.Write(headers, reply.Headers);
        headers["Content-Type"] = reply.ContentType;
        if (token is not null) await RequestOnce.Remember(host, headers, reply.Body, token);
        foreach ((string name, StringValues value) in headers) http.Response.Headers[name] = value;
        http.Response.ContentLength = reply.Body.Length;
        await http.Response.Body.WriteAsync(reply.Body, http.RequestAborted);
    }
}

/// <summary>A message that is to be sent, and whose answer is waited for.</summary>
/// <param name="Correlation">By what the answer is recognised.</param>
/// <param name="Wait">Milliseconds.</param>
internal sealed record PendingRequest(QueueName Queue, MessageBatch Batch, string Correlation, long Wait)
{
    public IdempotencyToken? Token { get; init; }
}
