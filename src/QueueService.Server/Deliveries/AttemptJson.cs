using System.Text.Unicode;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Deliveries;

/// <summary>An attempt as JSON: all that is known about it.</summary>
internal static class AttemptJson
{
    public const string Example = """
        {"messageId":"AAAAAwAAAAAAAAAq","startedAt":"2026-11-21T10:00:05.000Z","method":"POST",
        "url":"https://shop.example.com/hooks","requestHeaders":[{"name":"webhook-id","value":"AAAAAwAAAAAAAAAq"}],
        "requestBodyBytes":5,"requestBody":"hello","outcome":"status","detail":"The endpoint answered 503.","status":503,
        "responseHeaders":[{"name":"Retry-After","value":"30"}],"responseBody":"busy","isResponseCut":false,
        "addresses":["203.0.113.7"],"connectedTo":"203.0.113.7:443","isConnectionReused":false,
        "dnsMilliseconds":1.2,"connectMilliseconds":10.5,"tlsMilliseconds":21.0,"firstByteMilliseconds":60.1,
        "totalMilliseconds":60.4,"nextAttemptAt":"2026-11-21T10:00:35.000Z"}
        """;

    public static readonly string[] Outcomes =
    [
        "succeeded", "status", "gone", "redirect", "dnsFailed", "addressDenied", "connectFailed", "connectTimeout",
        "tlsFailed", "timeout", "reset", "protocolError",
    ];

    public static readonly string[] Results = ["delivered", "retry", "exhausted", "gone"];

    /// <summary>As it was kept, with its number and what it led to.</summary>
    public static void Write(JsonOutput output, KeptAttempt attempt)
    {
        output.Raw("{\"deliveryId\":"u8);
        attempt.Delivery.Format(output.Quoted(MessageId.TextLength));
        output.Raw(",\"number\":"u8).Number(attempt.Number)
            .Raw(",\"result\":"u8).Text(Results[(int)attempt.Result]).Raw(","u8);
        WriteFields(output, AttemptDetails.FromJson(attempt.Details.Span));
        output.Raw("}"u8);
    }

    /// <summary>One that was not kept.</summary>
    public static void Write(JsonOutput output, AttemptDetails details)
    {
        output.Raw("{"u8);
        WriteFields(output, details);
        output.Raw("}"u8);
    }

    private static void WriteFields(JsonOutput output, AttemptDetails details)
    {
        output.Raw("\"messageId\":"u8).Text(details.MessageId)
            .Raw(",\"startedAt\":"u8).Instant(details.StartedAt)
            .Raw(",\"method\":"u8).Text(details.Method)
            .Raw(",\"url\":"u8).Text(details.Url)
            .Raw(",\"requestHeaders\":"u8);
        WriteHeaders(output, details.RequestHeaders);
        output.Raw(",\"requestBodyBytes\":"u8).Number(details.RequestBodyBytes);
        WriteBody(output, "requestBody", details.RequestBody, details.RequestBody.Length < details.RequestBodyBytes);
        output.Raw(",\"outcome\":"u8).Text(Outcomes[(int)details.Outcome]);
        if (details.Detail is { } detail) output.Raw(",\"detail\":"u8).Text(detail);
        if (details.Status is { } status) output.Raw(",\"status\":"u8).Number(status);
        output.Raw(",\"responseHeaders\":"u8);
        WriteHeaders(output, details.ResponseHeaders);
        WriteBody(output, "responseBody", details.ResponseBody, details.IsResponseCut);
        output.Raw(details.IsResponseCut ? ",\"isResponseCut\":true"u8 : ",\"isResponseCut\":false"u8);
        WriteConnection(output, details);
        if (details.NextAttemptAt is { } next) output.Raw(",\"nextAttemptAt\":"u8).Instant(next);
    }

    private static void WriteConnection(JsonOutput output, AttemptDetails details)
    {
        output.Raw(",\"addresses\":["u8);
        for (int i = 0; i < details.Addresses.Count; i++)
            output.Raw(i == 0 ? ""u8 : ","u8).Text(details.Addresses[i]);
        output.Raw("]"u8);
        if (details.ConnectedTo is { } address) output.Raw(",\"connectedTo\":"u8).Text(address);
        output.Raw(",\"isConnectionReused\":"u8).Raw(details.IsConnectionReused ? "true"u8 : "false"u8);
        WriteTime(output, "dnsMilliseconds", details.DnsTime);
        WriteTime(output, "connectMilliseconds", details.ConnectTime);
        WriteTime(output, "tlsMilliseconds", details.TlsTime);
        WriteTime(output, "firstByteMilliseconds", details.FirstByteTime);
        WriteTime(output, "totalMilliseconds", details.TotalTime);
    }

    private static void WriteTime(JsonOutput output, string name, double? milliseconds)
    {
        if (milliseconds is { } time)
            output.Raw(","u8).Text(name).Raw(":"u8).Thousandths((int)Math.Min(int.MaxValue, time * 1_000));
    }

    private static void WriteHeaders(JsonOutput output, IReadOnlyList<CustomHeader> headers)
    {
        output.Raw("["u8);
        for (int i = 0; i < headers.Count; i++)
        {
            output.Raw(i == 0 ? "{\"name\":"u8 : ",{\"name\":"u8).Text(headers[i].Name)
                .Raw(",\"value\":"u8).Text(headers[i].Value).Raw("}"u8);
        }

        output.Raw("]"u8);
    }

    private static void WriteBody(JsonOutput output, string name, byte[] body, bool isCut)
    {
        ReadOnlySpan<byte> text = isCut ? WholeCharacters(body) : body;
        output.Raw(","u8);
        if (Utf8.IsValid(text)) output.Text(name).Raw(":"u8).Text(text);
        else output.Text(name + "Base64").Raw(":"u8).Base64Text(body);
    }

    /// <summary>Without the beginning of a character whose end was cut off.</summary>
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> text)
    {
        int start = text.Length;
        while (start > 0 && text.Length - start < 4 && (text[start - 1] & 0xC0) == 0x80) start--;
        return start > 0 && text[start - 1] >= 0xC0 && !Utf8.IsValid(text[(start - 1)..]) ? text[..(start - 1)] : text;
    }
}
