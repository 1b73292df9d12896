using System.Text.Json;

namespace QueueService.Aws.Sns;

/// <summary>Reads delivery policies as AWS writes them. A topic's stands below `http`, with `default` before the names.
/// </summary>
internal static class DeliveryPolicyReader
{
    /// <summary>In the order of <see cref="BackoffFunction"/>.</summary>
    public static readonly string[] Functions = ["linear", "arithmetic", "geometric", "exponential"];

    /// <summary>Seconds, as AWS says.</summary>
    private const int LongestDelay = 3_600;

    private const int MostRetries = 100;

    /// <summary>Bounds the header; AWS has a list of media types.</summary>
    private const int ContentTypeLength = 255;

    /// <summary>Reads the policy of a subscription, or of a topic. Null with the reason when it is refused.</summary>
    public static DeliveryPolicy? Read(string json, bool ofTopic, out string? refusal)
    {
        refusal = null;
        if (json.Length == 0) return DeliveryPolicy.None;
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement, ofTopic);
        }
        catch (JsonException)
        {
            refusal = "DeliveryPolicy: failed to parse JSON.";
        }
        catch (PolicyException wrong)
        {
            refusal = "DeliveryPolicy: " + wrong.Message;
        }

        return null;
    }

    private static DeliveryPolicy Read(JsonElement json, bool ofTopic)
    {
        if (ofTopic)
        {
            JsonElement? http = null;
            foreach (JsonProperty field in Fields(json, "the policy"))
                http = field.Name == "http" ? field.Value : throw Unknown(field.Name);
            if (http is not { } found) return DeliveryPolicy.None;
            json = found;
        }

        DeliveryPolicy policy = new();
        foreach (JsonProperty field in Fields(json, ofTopic ? "http" : "the policy"))
        {
            string name = ofTopic && field.Name.StartsWith("default", StringComparison.Ordinal)
                ? char.ToLowerInvariant(field.Name["default".Length]) + field.Name["defaultX".Length..]
                : field.Name;
            if (field.Value.ValueKind == JsonValueKind.Null) continue;
            policy = name switch
            {
                "healthyRetryPolicy" => policy with { Retries = ReadRetries(field.Value) },
                "throttlePolicy" => policy with { MaxReceivesPerSecond = ReadThrottle(field.Value) },
                "requestPolicy" => policy with { ContentType = ReadRequest(field.Value) },
                "disableSubscriptionOverrides" when ofTopic => policy with { DisablesOverrides = Flag(field) },
                "guaranteed" when !ofTopic && !Flag(field) => policy,
                _ => throw Unknown(field.Name),
            };
        }

        return policy;
    }

    private static RetryPhases ReadRetries(JsonElement json)
    {
        RetryPhases phases = new();
        foreach (JsonProperty field in Fields(json, "healthyRetryPolicy"))
        {
            phases = field.Name switch
            {
                "minDelayTarget" => phases with { MinDelayTarget = Number(field, 1, LongestDelay) },
                "maxDelayTarget" => phases with { MaxDelayTarget = Number(field, 1, LongestDelay) },
                "numRetries" => phases with { NumRetries = Number(field, 0, MostRetries) },
                "numNoDelayRetries" => phases with { NumNoDelayRetries = Number(field, 0, MostRetries) },
                "numMinDelayRetries" => phases with { NumMinDelayRetries = Number(field, 0, MostRetries) },
                "numMaxDelayRetries" => phases with { NumMaxDelayRetries = Number(field, 0, MostRetries) },
                "backoffFunction" => phases with { BackoffFunction = Function(field) },
                _ => throw Unknown(field.Name),
            };
        }

        if (phases.MinDelayTarget > phases.MaxDelayTarget)
            throw new PolicyException("minDelayTarget must be less than or equal to maxDelayTarget");
        if (phases.NumNoDelayRetries + phases.NumMinDelayRetries + phases.NumMaxDelayRetries > phases.NumRetries)
        {
            throw new PolicyException(
                "numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries must add up to at most numRetries");
        }

        return phases.TotalSeconds() <= LongestDelay
            ? phases
            : throw new PolicyException($"the retries must take at most {LongestDelay} seconds in total");
    }

    private static int? ReadThrottle(JsonElement json)
    {
        int? rate = null;
        foreach (JsonProperty field in Fields(json, "throttlePolicy"))
        {
            if (field.Name != "maxReceivesPerSecond") throw Unknown(field.Name);
            if (field.Value.ValueKind != JsonValueKind.Null) rate = Number(field, 1, int.MaxValue);
        }

        return rate;
    }

    private static string? ReadRequest(JsonElement json)
    {
        string? type = null;
        foreach (JsonProperty field in Fields(json, "requestPolicy"))
        {
            if (field.Name != "headerContentType") throw Unknown(field.Name);
            type = field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString() : null;
            if (type is not { Length: > 0 and <= ContentTypeLength } || type.Any(static c => c is < ' ' or > '~'))
                throw new PolicyException("headerContentType must be a media type");
        }

        return type;
    }

    private static JsonElement.ObjectEnumerator Fields(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object
            ? json.EnumerateObject()
            : throw new PolicyException($"{name} must be a JSON object");

    private static int Number(JsonProperty field, int least, int most) =>
        field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetInt32(out int number) &&
        number >= least && number <= most
            ? number
            : throw new PolicyException($"{field.Name} must be a number from {least} to {most}");

    private static bool Flag(JsonProperty field) => field.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? field.Value.GetBoolean()
        : throw new PolicyException($"{field.Name} must be true or false");

    private static BackoffFunction Function(JsonProperty field)
    {
        int place = field.Value.ValueKind == JsonValueKind.String
            ? Array.IndexOf(Functions, field.Value.GetString()) : -1;
        return place >= 0
            ? (BackoffFunction)place
            : throw new PolicyException("backoffFunction must be linear, arithmetic, geometric or exponential");
    }

    private static PolicyException Unknown(string name) => new($"unknown field {name}");

    private sealed class PolicyException(string message) : Exception(message);
}
