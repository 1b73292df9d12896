using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Deliveries;

internal static class RetryDelivery
{
    private static readonly Operation Description = new(
        "retryDelivery", Tags.Deliveries, "Attempt a delivery again",
        "One that has ended begins anew, with all its attempts, also when it succeeded; one that waits for its next " +
        "attempt goes on now. What was dead-lettered stays in the dead-letter queue, too. Repeated with the same " +
        "Idempotency-Key it retries nothing and answers the delivery as it is then.")
    {
        IsKeyed = true,
        Replies =
        [
            new(202, "The delivery waits for its turn.", Content.Json("Delivery", DeliveryJson.Example))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.DeliveryNotFound, ProblemKind.DeliveryInProgress, ProblemKind.DeliveryNotKept,
            ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", DeliveryRoutes.Delivery + "/retry", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        problem ??= await BodyProblems.Refuse(http, host.Bodies, "There is no body here.");
        Delivery? delivery = null;
        if (problem is null) (delivery, problem) = await DeliveryRoutes.Find(http, host);
        IdempotencyToken? token = key.ToToken(http, "");
        bool known = problem is null && token is not null && (await host.Broker.Recall(token)).Value is not null;
        if (problem is null && !known) problem = WhyNot(delivery!);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<Redelivery> result =
            await host.Broker.Redeliver(delivery!.Subscription, [delivery.Id.SequenceNumber], token);
        IdempotencyKey.Tell(http, token);
        Result<Delivery?> now = result.Succeeded
            ? await DeliveryHistory.Find(host.Broker, delivery.Subscription, delivery.Id)
            : result.Error;
        if (!now.Succeeded)
        {
            await now.Error.Write(http);
            return;
        }

        http.Promise(result.Value.Durability);
        await DeliveryJson.Answer(http, 202, now.Value ?? delivery);
    }

    private static Problem? WhyNot(Delivery delivery) =>
        !delivery.State.IsKept ? new Problem(ProblemKind.DeliveryNotKept)
        : delivery.State.State == MessageState.Leased ? new Problem(ProblemKind.DeliveryInProgress)
        : null;
}
