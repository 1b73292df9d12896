using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Deliveries;

internal static class GetDelivery
{
    private static readonly Operation Description = new(
        "getDelivery", Tags.Deliveries, "Read a delivery", "Where it is, and how its last attempt ended.")
    {
        Replies = [new(200, "The delivery.", Content.Json("Delivery", DeliveryJson.Example))],
        Problems = [ProblemKind.DeliveryNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", DeliveryRoutes.Delivery, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.Read(http, [], ref problem);
        Delivery? delivery = null;
        if (problem is null) (delivery, problem) = await DeliveryRoutes.Find(http, host);
        await (problem?.Write(http) ?? DeliveryJson.Answer(http, 200, delivery!));
    }
}
