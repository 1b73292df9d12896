using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class ExtendLease
{
    private static readonly SettleShape Shape =
        new("visibilityTimeoutSeconds", SecondsRequired: true, HasReceipts: false);

    public static readonly Operation Description = new(
        "extendLease", Tags.Receipts, "Extend or shorten a lease",
        "The lease now ends after this many seconds, counted from now; 0 releases the message.")
    {
        Request = [Content.Json("ExtendRequest", """{"visibilityTimeoutSeconds":60}""")],
        RequestRequired = true,
        Replies =
        [
            new(200, "The lease as it is now.", Content.Json("Lease", """{"visibleAt":"2026-11-21T10:01:00.000Z"}"""))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.QueueNotFound, ProblemKind.ReceiptInvalid,
            ProblemKind.ReceiptExpired, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.RequestTooLarge,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("PATCH", QueueRoutes.Receipt, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        SettleRequest request = new(Shape);
        problem ??= await request.Read(http, host);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        long? visibleAt = await ReceiptEndpoint.Settle(http, host, queue, Settlement.Extend, request.Milliseconds);
        if (visibleAt is null) return;
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"visibleAt\":"u8).Instant(visibleAt.Value).Raw("}"u8);
        await http.Answer(200, Answers.Json, output);
    }
}
