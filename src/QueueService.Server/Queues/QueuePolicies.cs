using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>A field of a definition that is an object or a list.</summary>
/// <param name="Schema">Its name in the OpenAPI document.</param>
/// <param name="Read">Answers what the object changes; null when it is not valid.</param>
/// <param name="Write">Writes its value, or answers false when the queue has none.</param>
internal sealed record QueuePolicy(
    string Name, string Schema, QueuePolicyReader Read, Func<JsonOutput, QueueConfig, bool> Write,
    Func<QueueConfig, QueueConfig> Reset)
{
    public required string Description { get; init; }

    /// <summary>The name of the schema of a patch, when that is another one.</summary>
    public string? ChangesSchema { get; init; }

    /// <summary>Writes more than was declared into the description of a queue.</summary>
    public Action<JsonOutput, QueueDescription>? WriteState { get; init; }

    /// <summary>The name of the schema of that.</summary>
    public string? StateSchema { get; init; }

    /// <summary>Absent in JSON when there is none.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Cannot change after creation, as a whole.</summary>
    public bool Immutable { get; init; }

    /// <summary>The part of it that cannot change after creation: where it is, and its value as text.</summary>
    public (string Pointer, Func<QueueConfig, string> Get)? Fixed { get; init; }

    /// <summary>Both have the same value of it.</summary>
    public bool IsSame(QueueConfig first, QueueConfig second)
    {
        JsonOutput output = JsonOutput.Rent();
        Write(output, first);
        int middle = output.Length;
        Write(output, second);
        bool same = output.Written.Span[..middle].SequenceEqual(output.Written.Span[middle..]);
        output.Return();
        return same;
    }
}

internal delegate Func<QueueConfig, QueueConfig>? QueuePolicyReader(ref Utf8JsonReader json, ref Problem? problem);

/// <summary>The objects among the fields that an owner declares.</summary>
internal static class QueuePolicies
{
    public static readonly string[] RetryKinds = ["none", "fixed", "exponential"];
    public static readonly string[] Permissions = ["allowAll", "denyAll", "byQueue"];

    public static readonly QueuePolicy[] All =
    [
        new("retryPolicy", "RetryPolicy", ReadRetry, WriteRetry, config => config with { Retry = RetryPolicy.None })
        {
            Description = "The delay of the next delivery after a release or an expired visibility timeout. " +
                "Default: `none`, no delay.",
        },
        new("redrivePolicy", "RedrivePolicy", ReadRedrive, WriteRedrive, config => config with { Redrive = null })
        {
            IsOptional = true,
            Description = "Where messages go that cannot be processed. Default: none, they are delivered until their " +
                "retention ends.",
        },
        new("redriveAllowPolicy", "RedriveAllowPolicy", ReadAllow, WriteAllow,
            config => config with { RedriveAllow = RedriveAllowPolicy.All })
        {
            Description = "Which queues may name this one as their dead-letter queue; looked at when they do. " +
                "Default: `allowAll`.",
        },
        new("tags", "Tags", TagsJson.Read, TagsJson.Write, config => config with { Tags = ValueList<Tag>.Empty })
        {
            ChangesSchema = "TagChanges",
            Description = "Names and values to find it by.",
        },
        new("alarms", "Alarms", AlarmsJson.Read, AlarmsJson.Write,
            config => config with { Alarms = ValueList<Alarm>.Empty })
        {
            WriteState = AlarmsJson.WriteStates,
            StateSchema = "AlarmStates",
            Description = "Conditions that are looked at every second; shown with their state.",
        },
    ];

    public static QueuePolicy Named(string name) => Array.Find(All, policy => policy.Name == name)!;

    private static readonly FieldNames RetryFields = new("kind", "minSeconds", "maxSeconds", "factor", "jitter");
    private static readonly FieldNames RedriveFields = new("deadLetterQueue", "maxReceiveCount", "includeExpired");
    private static readonly FieldNames AllowFields = new("permission", "sourceQueues");

    private static readonly RetryPolicy Defaults = new();

    /// <summary>As merge patch has it: fields left out stay as they are.</summary>
    private static Func<QueueConfig, QueueConfig>? ReadRetry(ref Utf8JsonReader json, ref Problem? problem)
    {
        Func<RetryPolicy, RetryPolicy> change = static policy => policy;
        PolicyObject fields = new("/retryPolicy", RetryFields);
        while (fields.Next(ref json, ref problem))
        {
            Func<RetryPolicy, RetryPolicy> before = change;
            int value = fields.Index switch
            {
                0 => fields.Choice(ref json, RetryKinds, (int)Defaults.Kind, ref problem),
                1 => fields.Integer(
                    ref json, 1, QueueConfigLimits.MaxVisibilityTimeoutSeconds, Defaults.MinSeconds, ref problem),
                2 => fields.Integer(
                    ref json, 1, QueueConfigLimits.MaxVisibilityTimeoutSeconds, Defaults.MaxSeconds, ref problem),
                3 => fields.Thousandths(ref json, 1_000, 10_000, Defaults.FactorThousandths, ref problem),
                _ => fields.Thousandths(ref json, 0, 1_000, Defaults.JitterThousandths, ref problem),
            };
            change = fields.Index switch
            {
                0 => policy => before(policy) with { Kind = (RetryKind)value },
                1 => policy => before(policy) with { MinSeconds = value },
                2 => policy => before(policy) with { MaxSeconds = value },
                3 => policy => before(policy) with { FactorThousandths = value },
                _ => policy => before(policy) with { JitterThousandths = value },
            };
        }

        return config => config with { Retry = change(config.Retry) };
    }

    private static Func<QueueConfig, QueueConfig>? ReadRedrive(ref Utf8JsonReader json, ref Problem? problem)
    {
        string? queue = null;
        int? count = null;
        bool? expired = null;
        PolicyObject fields = new("/redrivePolicy", RedriveFields);
        while (fields.Next(ref json, ref problem))
        {
            if (fields.Index == 0) queue = fields.Name(ref json, ref problem);
            else if (fields.Index == 2) expired = fields.Flag(ref json, ref problem);
            else
                count =
                    fields.Integer(ref json, 1, RedrivePolicy.MaxMaxReceiveCount, DefaultMaxReceiveCount, ref problem);
        }

        if (queue is null)
        {
            Problem.Blame(ref problem, "/redrivePolicy/deadLetterQueue", "is required: the name of a queue.");
            return null;
        }

        return config => config with
        {
            Redrive = new RedrivePolicy(queue, count ?? config.Redrive?.MaxReceiveCount ?? DefaultMaxReceiveCount)
            {
                IncludeExpired = expired ?? config.Redrive?.IncludeExpired ?? false,
            },
        };
    }

    private static Func<QueueConfig, QueueConfig>? ReadAllow(ref Utf8JsonReader json, ref Problem? problem)
    {
        int? permission = null;
        List<string>? names = null;
        PolicyObject fields = new("/redriveAllowPolicy", AllowFields);
        while (fields.Next(ref json, ref problem))
        {
            if (fields.Index == 0) permission = fields.Choice(ref json, Permissions, 0, ref problem);
            else names = fields.Names(ref json, RedriveAllowPolicy.MaxSourceQueues, ref problem);
        }

        bool byQueue = permission == (int)RedrivePermission.ByQueue;
        if (permission is null)
            Problem.Blame(ref problem, "/redriveAllowPolicy/permission", "is required.");
        else if (byQueue != names is { Count: > 0 })
            Problem.Blame(
                ref problem, "/redriveAllowPolicy/sourceQueues", "is required with `byQueue`, and only there.");
        if (problem is not null) return null;
        RedriveAllowPolicy policy = byQueue
            ? RedriveAllowPolicy.ByQueue(names!)
            : new RedriveAllowPolicy((RedrivePermission)permission!.Value, "");
        return config => config with { RedriveAllow = policy };
    }

    /// <summary>As advised for SQS.</summary>
    public const int DefaultMaxReceiveCount = 5;

    private static bool WriteRetry(JsonOutput output, QueueConfig config)
    {
        output.Raw("{\"kind\":"u8).Text(RetryKinds[(int)config.Retry.Kind]);
        if (config.Retry.Kind != RetryKind.None)
        {
            output.Raw(",\"minSeconds\":"u8).Number(config.Retry.MinSeconds)
                .Raw(",\"maxSeconds\":"u8).Number(config.Retry.MaxSeconds)
                .Raw(",\"factor\":"u8).Thousandths(config.Retry.FactorThousandths)
                .Raw(",\"jitter\":"u8).Thousandths(config.Retry.JitterThousandths);
        }

        output.Raw("}"u8);
        return true;
    }

    private static bool WriteRedrive(JsonOutput output, QueueConfig config)
    {
        if (config.Redrive is not { } redrive) return false;
        output.Raw("{\"deadLetterQueue\":"u8).Text(redrive.DeadLetterQueue)
            .Raw(",\"maxReceiveCount\":"u8).Number(redrive.MaxReceiveCount)
            .Raw(redrive.IncludeExpired ? ",\"includeExpired\":true}"u8 : ",\"includeExpired\":false}"u8);
        return true;
    }

    private static bool WriteAllow(JsonOutput output, QueueConfig config)
    {
        output.Raw("{\"permission\":"u8).Text(Permissions[(int)config.RedriveAllow.Permission]);
        if (config.RedriveAllow.Permission == RedrivePermission.ByQueue)
        {
            output.Raw(",\"sourceQueues\":["u8);
            IReadOnlyList<string> names = config.RedriveAllow.Names;
            for (int i = 0; i < names.Count; i++) output.Raw(i == 0 ? ""u8 : ","u8).Text(names[i]);
            output.Raw("]"u8);
        }

        output.Raw("}"u8);
        return true;
    }
}
