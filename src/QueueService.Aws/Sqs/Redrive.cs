using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The attributes RedrivePolicy and RedriveAllowPolicy, which are JSON in a string.</summary>
internal static class Redrive
{
    public const string Name = "RedrivePolicy";
    public const string AllowName = "RedriveAllowPolicy";

    private const string Target = "deadLetterTargetArn";
    private const string Count = "maxReceiveCount";
    private const string Permission = "redrivePermission";
    private const string Sources = "sourceQueueArns";

    public static AwsError? Read(AwsCall call, string value, out Func<QueueConfig, QueueConfig> change)
    {
        change = static queue => queue with { Redrive = null };
        if (value.Length == 0) return null;
        if (Parse(value) is not { } policy) return Wrong(value, "Redrive policy is not a valid JSON map.");
        if (TextOf(policy[Count]) is not { } count)
            return Wrong(value, $"Redrive policy does not contain mandatory attribute: {Count}.");
        if (TextOf(policy[Target]) is not { } arn)
            return Wrong(value, $"Redrive policy does not contain mandatory attribute: {Target}.");
        bool isCount = int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int most)
            && most is >= 1 and <= RedrivePolicy.MaxMaxReceiveCount;
        if (!isCount)
            return Wrong(value, $"Invalid value for {Count}: {count}, valid values are from 1 to 1000 both inclusive.");
        if (policy.Count > 2)
            return Wrong(value, "Only following attributes are supported: deadLetterTargetArn, maxReceiveCount.");
        if (QueueAddresses.NameOf(call.Options, arn) is not { } name
            || !QueueAddresses.TryResolve(call.Host, name, out QueueAddress target))
            return Wrong(value, arn.StartsWith("arn:aws:sqs:", StringComparison.Ordinal)
                ? "Dead letter target does not exist."
                : $"Invalid value for {Target}.");
        if (target.IsFifo != call.Queue.IsFifo)
            return Wrong(value, "Dead-letter queue must be same type of queue as the source.");

        // A policy over /v1 may say more, which a client that only knows this much must not take away.
        change = queue => queue with
        {
            Redrive = (queue.Redrive ?? new RedrivePolicy("", 1)) with
            {
                DeadLetterQueue = target.Queue.Value, MaxReceiveCount = most,
            },
        };
        return null;
    }

    public static AwsError? ReadAllow(AwsCall call, string value, out Func<QueueConfig, QueueConfig> change)
    {
        change = static queue =>
            Annotations.With(queue with { RedriveAllow = RedriveAllowPolicy.All }, AllowName, null);
        if (value.Length == 0) return null;
        if (Parse(value) is not { } policy) return WrongAllow(value, "Redrive allow policy is not a valid JSON map.");
        if (TextOf(policy[Permission]) is not { } permission)
            return WrongAllow(value, $"Redrive allow policy does not contain mandatory attribute: {Permission}.");
        List<string> names = [];
        foreach (JsonNode? source in policy[Sources] as JsonArray ?? [])
        {
            if (QueueAddresses.NameOf(call.Options, TextOf(source)) is not { } name
                || !QueueAddresses.TryResolve(call.Host, name, out QueueAddress queue))
                return WrongAllow(value, $"{TextOf(source)} is not the ARN of a queue.");
            names.Add(queue.Queue.Value);
        }

        bool byQueue = permission == "byQueue";
        bool isKnown = byQueue || permission is "allowAll" or "denyAll";
        if (!isKnown) return WrongAllow(value, $"Invalid value for {Permission}: {permission}.");
        if (byQueue == (names.Count == 0) || names.Count > AwsLimits.RedriveSources)
            return WrongAllow(
                value, $"{Sources} must name 1 to {AwsLimits.RedriveSources} queues with byQueue, and none else.");
        RedriveAllowPolicy allow = byQueue ? RedriveAllowPolicy.ByQueue(names)
            : permission == "denyAll" ? new RedriveAllowPolicy(RedrivePermission.DenyAll, "") : RedriveAllowPolicy.All;

        // To allow all is the default, and answered only when somebody said it.
        string? said = permission == "allowAll" ? permission : null;
        change = queue => Annotations.With(queue with { RedriveAllow = allow }, AllowName, said);
        return null;
    }

    public static void Write(AwsHost host, QueueConfig config, Action<string, string?> add)
    {
        if (config.Redrive is { } redrive)
        {
            add(Name, new JsonObject
            {
                [Target] = QueueAddresses.ArnOf(host, redrive.DeadLetterQueue), [Count] = redrive.MaxReceiveCount,
            }.ToJsonString());
        }

        RedriveAllowPolicy allow = config.RedriveAllow;
        if (allow.Permission == RedrivePermission.AllowAll)
        {
            if (Annotations.Find(config, AllowName) is not null) add(AllowName, "{\"redrivePermission\":\"allowAll\"}");
            return;
        }

        JsonObject policy = new()
        {
            [Permission] = allow.Permission == RedrivePermission.DenyAll ? "denyAll" : "byQueue",
        };
        if (allow.Permission == RedrivePermission.ByQueue)
        {
            policy[Sources] =
                new JsonArray([.. allow.Names.Select(name => (JsonNode)QueueAddresses.ArnOf(host, name))]);
        }

        add(AllowName, policy.ToJsonString());
    }

    private static AwsError Wrong(string value, string reason) => ProtocolErrors.Invalid(Name, value, reason);

    private static AwsError WrongAllow(string value, string reason) =>
        ProtocolErrors.Invalid(AllowName, value, reason);

    private static JsonObject? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            ReadTexts(document.RootElement);
            return JsonObject.Create(document.RootElement.Clone());
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <exception cref="InvalidOperationException">One has half of a surrogate pair.</exception>
    private static void ReadTexts(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String) json.GetString();
        if (json.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in json.EnumerateArray()) ReadTexts(item);
        }

        if (json.ValueKind != JsonValueKind.Object) return;
        foreach (JsonProperty field in json.EnumerateObject())
        {
            _ = field.Name;
            ReadTexts(field.Value);
        }
    }

    /// <summary>Strings and numbers are taken for each other.</summary>
    private static string? TextOf(JsonNode? node) => node is JsonValue value
        ? value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()
        : null;
}
