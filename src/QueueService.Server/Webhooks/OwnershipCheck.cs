using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace QueueService.Server.Webhooks;

/// <summary>Asks whoever runs an address whether he wants the deliveries, before there are any.</summary>
/// <param name="origin">Names this server to receivers.</param>
internal sealed class OwnershipCheck(WebhookTransport transport, TimeProvider time, string origin)
{
    /// <summary>The validation of the CloudEvents HTTP 1.1 Web Hooks specification, 1.0: OPTIONS, answered by
    /// `WebHook-Allowed-Origin`.</summary>
    public const string CloudEvents = "cloudEvents";

    /// <summary>POST of a random text, which has to come back.</summary>
    public const string Echo = "echo";

    public const string OriginHeader = "WebHook-Request-Origin";
    public const string AllowedOriginHeader = "WebHook-Allowed-Origin";
    public const string RateHeader = "WebHook-Request-Rate";
    public const string AllowedRateHeader = "WebHook-Allowed-Rate";

    private const int ChallengeBytes = 32;
    private const int SecondsPerMinute = 60;

    /// <summary>Answers null when the deliveries are wanted, else what was wrong.</summary>
    /// <param name="target">Has a <see cref="WebhookTarget.Challenge"/>.</param>
    /// <param name="headers">Its own ones, with the authorization.</param>
    /// <param name="key">Signs an echo, as it will sign deliveries.</param>
    public async Task<string?> Ask(
        WebhookTarget target, IReadOnlyList<WebhookHeader> headers, WebhookSecret key,
        CancellationToken cancellation) =>
        target.Challenge == CloudEvents
            ? await AskByOptions(target, headers, cancellation)
            : await AskByEcho(target, headers, key, cancellation);

    private async Task<string?> AskByOptions(
        WebhookTarget target, IReadOnlyList<WebhookHeader> headers, CancellationToken cancellation)
    {
        List<WebhookHeader> asked = [.. headers, new(OriginHeader, origin)];
        if (target.RatePerSecond > 0)
            asked.Add(new(RateHeader, (target.RatePerSecond * SecondsPerMinute).ToString()));
        WebhookAttempt attempt = await transport.Send(
            new WebhookRequest(Parse(target), HttpMethod.Options, asked, default), cancellation);
        if (!attempt.Succeeded) return $"OPTIONS failed: {attempt.Detail}";
        string? allowed = Find(attempt, AllowedOriginHeader);
        if (allowed is null) return $"The answer to OPTIONS has no {AllowedOriginHeader}.";
        return allowed is "*" || allowed.Equals(origin, StringComparison.OrdinalIgnoreCase)
            ? RefuseRate(target, Find(attempt, AllowedRateHeader))
            : $"{AllowedOriginHeader} is '{allowed}', neither '{origin}' nor '*'.";
    }

    /// <summary>A permission for less than what will be sent is none.</summary>
    private static string? RefuseRate(WebhookTarget target, string? allowed)
    {
        if (allowed is null or "*") return null;
        if (!int.TryParse(allowed, out int perMinute) || perMinute < 1)
            return $"{AllowedRateHeader} is '{allowed}', neither a number of requests a minute nor '*'.";
        return target.RatePerSecond > 0 && target.RatePerSecond * SecondsPerMinute <= perMinute
            ? null
            : $"{AllowedRateHeader} is {perMinute} a minute: set ratePerSecond to at most " +
                $"{perMinute / SecondsPerMinute}.";
    }

    private async Task<string?> AskByEcho(
        WebhookTarget target, IReadOnlyList<WebhookHeader> headers, WebhookSecret key, CancellationToken cancellation)
    {
        string challenge = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(ChallengeBytes));
        byte[] body = Encoding.ASCII.GetBytes($"{{\"type\":\"webhook.challenge\",\"challenge\":\"{challenge}\"}}");
        DateTimeOffset now = time.GetUtcNow();
        WebhookHeader[] signature = WebhookSignature.Sign(
            [key], "challenge-" + Guid.CreateVersion7(now).ToString("N"), now.ToUnixTimeSeconds(), body);
        WebhookAttempt attempt = await transport.Send(
            new WebhookRequest(
                Parse(target), HttpMethod.Post, [new("Content-Type", "application/json"), .. signature, .. headers],
                body),
            cancellation);
        if (!attempt.Succeeded) return $"The challenge failed: {attempt.Detail}";
        return IsEcho(attempt.ResponseBody, challenge)
            ? null
            : "The answer is neither the challenge nor a JSON object with it in the field challenge.";
    }

    private static bool IsEcho(ReadOnlyMemory<byte> answer, string challenge)
    {
        string text = Encoding.UTF8.GetString(answer.Span).Trim();
        if (text == challenge) return true;
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object &&
                json.RootElement.TryGetProperty("challenge", out JsonElement field) &&
                field.ValueKind == JsonValueKind.String && field.GetString() == challenge;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static EndpointUrl Parse(WebhookTarget target) => EndpointUrl.Parse(target.Url, out string? refusal)
        ?? throw new ArgumentException(refusal, nameof(target));

    private static string? Find(WebhookAttempt attempt, string name)
    {
        foreach (WebhookHeader header in attempt.ResponseHeaders)
        {
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return header.Value.Trim();
        }

        return null;
    }
}
