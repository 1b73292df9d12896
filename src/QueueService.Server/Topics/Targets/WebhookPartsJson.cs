using System.Text.Json;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics.Targets;

/// <summary>The objects within a webhook target as JSON.</summary>
internal static class WebhookPartsJson
{
    private const string HeadersPointer = TargetJson.Pointer + "/headers";
    private const string AuthorizationPointer = TargetJson.Pointer + "/authorization";

    /// <summary>The schemes of RFC 7617 and RFC 6750.</summary>
    public static readonly string[] Schemes = ["basic", "bearer"];

    private static readonly string[] CredentialNames = ["type", "username", "password", "token"];

    private static readonly FieldNames CredentialFields = new(CredentialNames);

    /// <summary>An object of names and values.</summary>
    public static CustomHeader[] ReadHeaders(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, HeadersPointer, "must be a JSON object of names and values.");
            json.TrySkip();
            return [];
        }

        List<CustomHeader> headers = [];
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = JsonRequest.Name(ref json);
            string pointer = $"{HeadersPointer}/{JsonRequest.Escape(name)}";
            json.Read();
            bool read = JsonRequest.TryText(ref json, pointer, out string value, ref problem);
            json.TrySkip();
            if (!read) continue;
            if (WebhookHeaders.Refuse(name, value) is { } refusal) Problem.Blame(ref problem, pointer, refusal);
            headers.Add(new CustomHeader(name, value));
        }

        string? all = WebhookHeaders.RefuseAll(
            [.. headers.Select(static header => new WebhookHeader(header.Name, header.Value))]);
        if (all is not null) Problem.Blame(ref problem, HeadersPointer, all);
        return [.. headers];
    }

    /// <summary>`{"type":"basic","username":…,"password":…}` or `{"type":"bearer","token":…}`: the scheme, and the
    /// value of the header.</summary>
    public static (string? Kind, string? Value) ReadAuthorization(ref Utf8JsonReader json, ref Problem? problem)
    {
        string?[] values = new string?[CredentialNames.Length];
        PolicyObject fields = new(AuthorizationPointer, CredentialFields);
        int scheme = -1;
        Problem? wrong = null;
        while (fields.Next(ref json, ref wrong))
        {
            if (json.TokenType == JsonTokenType.Null) continue;
            if (fields.Index == 0)
            {
                scheme = fields.Choice(ref json, Schemes, -1, ref wrong);
                continue;
            }

            string pointer = $"{AuthorizationPointer}/{CredentialNames[fields.Index]}";
            if (JsonRequest.TryText(ref json, pointer, out string text, ref wrong)) values[fields.Index] = text;
            json.TrySkip();
        }

        if (wrong is null && scheme < 0)
            Problem.Blame(ref wrong, AuthorizationPointer + "/type", "is required: basic or bearer.");
        WebhookHeader? header = wrong is null ? ToHeader(scheme, values, ref wrong) : null;
        foreach ((string where, string message) in wrong?.Errors ?? []) Problem.Blame(ref problem, where, message);
        return header is null ? default : (Schemes[scheme], header.Value.Value);
    }

    public static void WriteHeaders(JsonOutput output, IReadOnlyList<CustomHeader> headers)
    {
        if (headers.Count == 0) return;
        output.Raw(",\"headers\":{"u8);
        for (int i = 0; i < headers.Count; i++)
            output.Raw(i == 0 ? ""u8 : ","u8).Text(headers[i].Name).Raw(":"u8).Text(headers[i].Value);
        output.Raw("}"u8);
    }

    /// <summary>What may be known of the signing keys, the newest first.</summary>
    public static void WriteKeys(JsonOutput output, IReadOnlyList<SealedSigningKey> keys)
    {
        output.Raw("["u8);
        for (int i = 0; i < keys.Count; i++)
        {
            output.Raw(i == 0 ? "{\"hint\":"u8 : ",{\"hint\":"u8).Text("…" + keys[i].Hint);
            if (keys[i].ExpiresAt is { } end) output.Raw(",\"expiresAt\":"u8).Instant(end);
            output.Raw("}"u8);
        }

        output.Raw("]"u8);
    }

    private static WebhookHeader? ToHeader(int scheme, string?[] values, ref Problem? problem)
    {
        bool[] wanted = scheme == 0 ? [true, true, true, false] : [true, false, false, true];
        for (int i = 1; i < values.Length; i++)
        {
            if (wanted[i] == values[i] is not null) continue;
            Problem.Blame(
                ref problem, $"{AuthorizationPointer}/{CredentialNames[i]}",
                wanted[i] ? $"is required with {Schemes[scheme]}." : $"has no meaning with {Schemes[scheme]}.");
        }

        if (problem is not null) return null;
        WebhookHeader? header = scheme == 0
            ? WebhookAuthorization.Basic(values[1]!, values[2]!, out string? refusal)
            : WebhookAuthorization.Bearer(values[3]!, out refusal);
        if (refusal is not null) Problem.Blame(ref problem, AuthorizationPointer, refusal);
        return header;
    }
}
