using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QueueService.Http;

namespace QueueService.Aws.Protocol;

/// <summary>AWS's JSON 1.0: the action in a header, the request in the body. The fast path: bodies go to the serializer
/// as they are.</summary>
internal static class JsonProtocol
{
    public const string ContentType = "application/x-amz-json-1.0";

    /// <summary>Decides what SDKs that were made for the query protocol take for the code of an error.</summary>
    private const string QueryErrorHeader = "x-amzn-query-error";

    public static async Task Handle(HttpContext http, AwsHost host, string target)
    {
        if (Services.Sqs.FindTarget(target) is not { } action)
        {
            AwsError unknown = ProtocolErrors.UnknownOperation.With($"The operation {target} is not known.");
            await Answer(http, unknown, RequestIds.Next());
            return;
        }

        AwsCall call = new(host, http, Services.Sqs, action);
        AwsError? refused;

        // The connection's buffer is given back before anything is waited for.
        using (RequestBody body = await RequestBody.Read(http, host.Bodies))
            refused = ProtocolErrors.Of(body.Error) ?? host.Gate.Authenticate(call, body.Span)
                ?? action.Read(call, body.Span);
        refused ??= await Endpoint.Run(call);
        await (refused is null ? Answer(call) : Answer(http, refused, call.RequestId));
    }

    private static Task Answer(AwsCall call)
    {
        AnswerBuffer output = AnswerBuffer.Rent();
        call.Action.Write(call, output);
        call.Http.Response.Headers[Endpoint.RequestIdHeader] = call.RequestId;
        return output.Send(call.Http, StatusCodes.Status200OK, ContentType);
    }

    public static Task Answer(HttpContext http, AwsError error, string requestId)
    {
        AnswerBuffer output = AnswerBuffer.Rent();
        Write(error, output);
        http.Response.Headers[Endpoint.RequestIdHeader] = requestId;
        http.Response.Headers[QueryErrorHeader] =
            $"{error.Kind.Code};{(error.Kind.IsSender ? "Sender" : "Receiver")}";
        return output.Send(http, error.Kind.Status, ContentType);
    }

    private static void Write(AwsError error, AnswerBuffer output)
    {
        Utf8JsonWriter writer = output.Json();
        writer.WriteStartObject();
        writer.WriteString("__type", $"{error.Kind.Namespace}#{error.Kind.Type}");
        writer.WriteString("message", error.Message);
        writer.WriteEndObject();
        writer.Flush();
    }
}
