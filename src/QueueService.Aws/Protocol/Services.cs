using Microsoft.AspNetCore.Http;
using QueueService.Aws.Sqs;

namespace QueueService.Aws.Protocol;

/// <summary>Which services there are, and which one a request is for.</summary>
internal static class Services
{
    public static readonly AwsService Sqs = SqsActions.Service;

    /// <summary>SNS speaks the query protocol only, and is told by its version or by the scope of the signature.</summary>
    public static AwsService OfQuery(HttpContext http, QueryTree parameters) => Sqs;
}
