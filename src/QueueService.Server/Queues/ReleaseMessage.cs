using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class ReleaseMessage
{
    private static readonly SettleShape Shape = new("delaySeconds", SecondsRequired: false, HasReceipts: false);

    public static readonly Operation Description = new(
        "releaseMessage", Tags.Receipts, "Give a message back",
        "The lease ends now; the message is available again after `delaySeconds`, or as the retryPolicy says.")
    {
        IsKeyed = true,
        Request = [Content.Json("ReleaseRequest", """{"delaySeconds":10}""")],
        Replies = [new(204, "The message was given back.") { Headers = [Answers.DurabilityHeader] }],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.QueueNotFound, ProblemKind.ReceiptInvalid,
            ProblemKind.ReceiptExpired, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.RequestTooLarge,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Receipt + "/release", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        SettleRequest request = new(Shape);
        problem ??= await request.Read(http, host);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, $"{request.Milliseconds}");
        long? visibleAt =
            await ReceiptEndpoint.Settle(http, host, queue, Settlement.Release, request.Milliseconds, token);
        if (visibleAt is not null) http.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
