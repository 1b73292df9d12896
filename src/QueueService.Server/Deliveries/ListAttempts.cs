using QueueService.Broker;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Deliveries;

internal static class ListAttempts
{
    /// <summary>Attempts that are looked at together: a few megabytes.</summary>
    private const int Looked = 250;

    private static readonly string[] Parameters = ["limit", "cursor"];

    private static readonly Operation Description = new(
        "listDeliveryAttempts", Tags.Deliveries, "List the attempts of a delivery",
        "The newest first: what was sent, what came back, from which address, and how long it took. Of the bodies " +
        "the first 4 KiB are kept; what is secret in a request is shown as `***`.")
    {
        Parameters = [Schemas.Limit, Schemas.Cursor],
        Replies =
        [
            new(200, "A page of attempts.", Content.Json("AttemptPage",
                "{\"items\":[{\"deliveryId\":\"AAAABAAAAAAAAAAq\",\"number\":2,\"result\":\"retry\"," +
                AttemptJson.Example[1..] + "]}")) { Headers = ["Link"] },
        ],
        Problems = [ProblemKind.DeliveryNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", DeliveryRoutes.Delivery + "/attempts", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        int limit = Pages.ReadLimit(query[0], ref problem);
        long? before = Pages.ReadAttempt(query[1], ref problem);
        Delivery? delivery = null;
        if (problem is null) (delivery, problem) = await DeliveryRoutes.Find(http, host);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<List<KeptAttempt>> found = await Find(host, delivery!, before, limit + 1);
        await (found.Succeeded ? Answer(http, found.Value, limit) : found.Error.Write(http));
    }

    private static async ValueTask<Result<List<KeptAttempt>>> Find(
        BrokerHost host, Delivery delivery, long? before, int count)
    {
        List<KeptAttempt> found = [];
        do
        {
            Result<AttemptPage> page = await host.Broker.Attempts(delivery.Subscription, before, Looked);
            if (!page.Succeeded) return page.Error;
            found.AddRange(page.Value.Attempts.Where(attempt => attempt.Delivery == delivery.Id));
            before = page.Value.Next;
        }
        while (before is not null && found.Count < count);
        return found;
    }

    private static Task Answer(HttpContext http, List<KeptAttempt> attempts, int limit)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        int shown = 0;
        for (; shown < Math.Min(attempts.Count, limit) && output.Length <= Limits.PageBytes; shown++)
        {
            if (shown > 0) output.Raw(","u8);
            AttemptJson.Write(output, attempts[shown]);
        }

        Pages.Close(
            http, output, shown < attempts.Count ? Pages.BeforeAttempt(attempts[shown - 1].Offset) : null);
        return http.Answer(200, Answers.Json, output);
    }
}
