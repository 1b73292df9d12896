using System.Text;
using Microsoft.AspNetCore.Http;
using QueueService.Http;

namespace QueueService.Aws.Protocol;

/// <summary>AWS's query protocol: the request in parameters of the URL or a form, the answer in XML. A translator in
/// front of the same actions.</summary>
internal static class QueryProtocol
{
    private const string FormType = "application/x-www-form-urlencoded";

    public static async Task Handle(HttpContext http, AwsHost host)
    {
        (AwsCall? call, AwsService service, AwsError? refused) = await Open(http, host);
        refused ??= await Endpoint.Run(call!);
        await (refused is null ? Answer(call!) : Answer(http, refused, service, call?.RequestId ?? RequestIds.Next()));
    }

    /// <summary>Everything up to the typed request. The parameters, which may be many and long, do not outlive this:
    /// the action may wait.</summary>
    private static async ValueTask<(AwsCall? Call, AwsService Service, AwsError? Refused)> Open(
        HttpContext http, AwsHost host)
    {
        QueryTree parameters = new();
        AwsCall? call = null;
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        AwsError? refused = ProtocolErrors.Of(body.Error) ?? Read(http, body.Span, parameters);
        refused ??= Find(http, host, parameters, out call);
        refused ??= host.Gate.Authenticate(call!, body.Span) ?? Translate(call!, parameters);
        return (call, call?.Service ?? Services.OfQuery(http, parameters), refused);
    }

    private static AwsError? Read(HttpContext http, ReadOnlySpan<byte> body, QueryTree parameters)
    {
        int count = 0;
        bool read = parameters.TryAdd(http.Request.QueryString.Value.AsMemory(), ref count);
        if (read && !body.IsEmpty && IsForm(http.Request.ContentType))
            read = parameters.TryAdd(Encoding.UTF8.GetString(body).AsMemory(), ref count);
        return read ? null : ProtocolErrors.Serialization.With(
            $"A request has at most {AwsLimits.QueryParameters} parameters of at most {AwsLimits.QueryDepth} parts.");
    }

    /// <summary>Clients that leave the type out send forms, too.</summary>
    private static bool IsForm(string? contentType) =>
        contentType is null || contentType.StartsWith(FormType, StringComparison.OrdinalIgnoreCase);

    private static AwsError? Find(HttpContext http, AwsHost host, QueryTree parameters, out AwsCall? call)
    {
        call = null;
        if (parameters.Text("Action") is not { Length: > 0 } name) return ProtocolErrors.NoOperation;
        AwsService service = Services.OfQuery(http, parameters);
        http.Features.Set(service);
        if (service.Find(name) is not { } action)
        {
            return ProtocolErrors.InvalidAction.With(
                $"The action {name} is not valid for this endpoint.");
        }

        if (action.IsForService && http.Request.RouteValues[AwsRoutes.Queue] is not null)
            return ProtocolErrors.InvalidAction.With($"The action {name} is not valid for this endpoint.");
        call = new AwsCall(host, http, service, action) { IsQuery = true };
        return null;
    }

    private static AwsError? Translate(AwsCall call, QueryTree parameters)
    {
        AnswerBuffer json = AnswerBuffer.Rent();
        QueryReader reader = new(call.Service.Shapes, json.Json());
        reader.Write($"{call.Action.Name}Request", parameters);
        reader.Flush();
        AwsError? refused = reader.Error ?? call.Action.Read(call, json.Written.Span);
        json.Return();
        return refused;
    }

    private static async Task Answer(AwsCall call)
    {
        AnswerBuffer json = AnswerBuffer.Rent();
        AnswerBuffer output = AnswerBuffer.Rent();
        call.Action.Write(call, json);
        bool asJson = JsonOfQuery.IsWanted(call.Http.Request.Headers.Accept.ToString());
        if (asJson) JsonOfQuery.WriteResult(call, json.Written, output);
        else new XmlAnswer(call.Service.Shapes, output).WriteResult(call.Action.Name, json.Written, call.RequestId);
        json.Return();
        call.Http.Response.Headers[Endpoint.RequestIdHeader] = call.RequestId;
        await output.Send(
            call.Http, StatusCodes.Status200OK, asJson ? JsonOfQuery.ContentType : XmlAnswer.ContentType);
    }

    public static Task Answer(HttpContext http, AwsError error, AwsService service, string requestId)
    {
        AnswerBuffer output = AnswerBuffer.Rent();
        XmlAnswer xml = new(service.Shapes, output);
        bool asJson = error.BareXml is null && JsonOfQuery.IsWanted(http.Request.Headers.Accept.ToString());
        if (error.BareXml is { } bare) xml.Raw(bare);
        else if (asJson) JsonOfQuery.WriteError(error, requestId, output);
        else xml.WriteError(error, requestId);
        http.Response.Headers[Endpoint.RequestIdHeader] = requestId;
        return output.Send(http, error.Kind.Status, asJson ? JsonOfQuery.ContentType : XmlAnswer.ContentType);
    }
}
