using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using QueueService.Aws.Protocol;

namespace QueueService.Aws;

/// <summary>The addresses of the protocols: one for all actions, and one for each queue.</summary>
public static class AwsRoutes
{
    internal const string Account = "account";
    internal const string Queue = "queue";

    /// <summary>Adds `/` and `/{account}/{queue}`, for POST and GET.</summary>
    public static void Map(IEndpointRouteBuilder routes, AwsHost host)
    {
        string[] methods = ["POST", "GET"];
        routes.MapMethods("/", methods, http => Endpoint.Handle(http, host)).WithMetadata(AwsFailure.Mark);
        routes.MapMethods(
            $"/{{{Account}:length({AwsOptions.AccountDigits}):long}}/{{{Queue}}}", methods,
            http => Endpoint.Handle(http, host)).WithMetadata(AwsFailure.Mark);
    }
}
