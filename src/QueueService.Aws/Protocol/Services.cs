using Microsoft.AspNetCore.Http;
using QueueService.Aws.Sns;
using QueueService.Aws.Sqs;

namespace QueueService.Aws.Protocol;

/// <summary>Which services there are, and which one a request is for.</summary>
internal static class Services
{
    public static readonly AwsService Sqs = SqsActions.Service;

    public static readonly AwsService Sns = SnsActions.Service;

    /// <summary>SNS speaks the query protocol only, and is told by its version or by the scope of the
    /// signature.</summary>
    /// <remarks>The links that SNS sends have neither: an action that only SNS has tells.</remarks>
    public static AwsService OfQuery(HttpContext http, QueryTree parameters)
    {
        if (parameters.Text("Version") is { } version) return version == SnsActions.Version ? Sns : Sqs;
        string scope = parameters.Text("X-Amz-Credential") ?? http.Request.Headers.Authorization.ToString();
        if (scope.Contains($"/{Sns.Name}/aws4_request", StringComparison.Ordinal)) return Sns;
        return parameters.Text("Action") is { } action && Sqs.Find(action) is null && Sns.Find(action) is not null
            ? Sns
            : Sqs;
    }
}
