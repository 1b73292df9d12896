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

    private const string Mistake = "An internal error occurred. Whether the request was carried out is not known.";

    /// <summary>Whether the request was for one of the protocols.</summary>
    public static bool IsIn(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<AwsFailure>() is not null;

    /// <summary>Answers the request, of which nothing may have been answered yet.</summary>
    /// <param name="status">408, 413, 500 or 503; else 400.</param>
    /// <param name="message">What happened; of a mistake of the server nobody else is told.</param>
    public static Task Write(HttpContext http, int status, string message)
    {
        ErrorKind kind = KindOf(status);
        if (kind == ProtocolErrors.InternalFailure) message = Mistake;
        if (Protocol.Endpoint.IsJson(http)) return JsonProtocol.Answer(http, kind.With(message), RequestIds.Next());
        // Known as soon as the parameters are, which may not have come.
        AwsService service = http.Features.Get<AwsService>() ?? Services.OfQuery(http, new QueryTree());
        if (kind == ProtocolErrors.InternalFailure && service == Services.Sns) kind = SnsErrors.InternalError;
        return QueryProtocol.Answer(http, kind.With(message), service, RequestIds.Next());
    }

    private static ErrorKind KindOf(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => ProtocolErrors.RequestTimeout,
        StatusCodes.Status413PayloadTooLarge => ProtocolErrors.RequestEntityTooLarge,
        StatusCodes.Status500InternalServerError => ProtocolErrors.InternalFailure,
        StatusCodes.Status503ServiceUnavailable => ProtocolErrors.ServiceUnavailable,
        _ => ProtocolErrors.Serialization,
    };
}
