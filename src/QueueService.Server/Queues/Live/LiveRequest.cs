using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Streams;
using QueueService.Server.Streams.QueueViews;

namespace QueueService.Server.Queues.Live;

/// <summary>What the operations that last have in common: they are counted, begin with a look at the queue, and end
/// when the server stops.</summary>
internal static class LiveRequest
{
    public const string Lines = "A line that is not as it should be is answered by a problem; the stream goes on.";

    public static readonly ProblemKind[] Problems = [ProblemKind.QueueNotFound, ProblemKind.TooManyStreams];

    /// <summary>Runs the stream, unless there is a problem: then that is the answer.</summary>
    public static async Task Run(
        HttpContext http, BrokerHost host, Problem? problem, Func<QueueDescription, Task> stream)
    {
        QueueName name = http.Queue(ref problem);
        if (problem is null && host.Live.Draining.IsCancellationRequested)
            problem = new Problem(ProblemKind.ShuttingDown);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        if (!host.Live.TryEnter())
        {
            await new Problem(ProblemKind.TooManyStreams).Write(http);
            return;
        }

        try
        {
            Result<QueueDescription> queue = await host.Broker.GetQueue(name);
            BrokerError error = queue.Succeeded ? WhyNot(queue.Value) : queue.Error;
            await (error == BrokerError.None ? stream(queue.Value) : error.Write(http));
        }
        finally
        {
            host.Live.Leave();
        }
    }

    /// <summary>One key for one request, and these are thousands: says what makes each line safe to repeat.</summary>
    public static void RefuseKey(HttpContext http, string instead, ref Problem? problem)
    {
        if (http.Request.Headers.ContainsKey(IdempotencyKey.Header))
            Problem.Blame(ref problem, IdempotencyKey.Header, "cannot cover a request of many calls: " + instead);
    }

    /// <summary>Before the answer has begun: the first receive would be refused as well.</summary>
    private static BrokerError WhyNot(QueueDescription queue) =>
        queue.Config.Subscription is { Target: not SubscriptionTarget.Pull }
            ? BrokerError.NotPullSubscription
            : BrokerError.None;

    /// <summary>Nothing more can come of this queue, or of this server.</summary>
    public static readonly ProblemKind[] Final =
    [
        ProblemKind.QueueNotFound, ProblemKind.TopicNotFound, ProblemKind.SubscriptionNotFound,
        StreamProblems.StreamNotFound, QueueViewProblems.NotFound, ProblemKind.StorageFailed, ProblemKind.ShuttingDown,
    ];

    /// <summary>The line that tells what went wrong.</summary>
    public static void WriteProblem(JsonOutput output, Problem problem)
    {
        BatchIntake.WriteRefused(output, problem);
        output.Raw("\n"u8);
    }

    public static Problem? CheckLines(HttpContext http) => http.Request.Headers.ContentEncoding.Count > 0
        ? new Problem(ProblemKind.UnsupportedContentEncoding)
        : JsonRequest.CheckContentType(http, ContentTypes.Lines);
}
