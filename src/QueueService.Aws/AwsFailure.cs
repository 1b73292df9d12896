using Microsoft.AspNetCore.Http;
using QueueService.Aws.Protocol;
using QueueService.Aws.Sns;

namespace QueueService.Aws;

/// <summary>Marks the addresses of the protocols, and tells there what went wrong outside of an action: a body that
/// does not come, or a mistake of the server. SDKs read no other form than that of the protocol that they speak.
/// </summary>
public sealed class AwsFailure
{
    internal static readonly AwsFailure Mark = new();

    private static readonly AwsError Mistake = ProtocolErrors.InternalFailure.With(
        "An internal error occurred. Whether the request was carried out is not known.");

    /// <summary>Whether the request was for one of the protocols.</summary>
    public static bool IsIn(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<AwsFailure>() is not null;

    /// <summary>Answers the request, of which nothing may have been answered yet.</summary>
    /// <param name="status">408, 413, 500 or 503; else 400.</param>
    /// <param name="message">What happened, if the status alone does not say it.</param>
    public static Task Write(HttpContext http, int status, string message)
    {
        AwsError error = Of(status, message);
        if (Protocol.Endpoint.IsJson(http)) return JsonProtocol.Answer(http, error, RequestIds.Next());
        // Known as soon as the parameters are, which may not have come.
        AwsService service = http.Features.Get<AwsService>() ?? Services.OfQuery(http, new QueryTree());
        if (error == Mistake && service == Services.Sns) error = SnsErrors.InternalError.With(Mistake.Message);
        return QueryProtocol.Answer(http, error, service, RequestIds.Next());
    }

    private static AwsError Of(int status, string message) => status switch
    {
        StatusCodes.Status408RequestTimeout => ProtocolErrors.RequestTimeout.With(message),
        StatusCodes.Status413PayloadTooLarge => ProtocolErrors.TooLarge,
        StatusCodes.Status500InternalServerError => Mistake,
        StatusCodes.Status503ServiceUnavailable => ProtocolErrors.ServiceUnavailable.With(message),
        _ => ProtocolErrors.Serialization.With(message),
    };
}
