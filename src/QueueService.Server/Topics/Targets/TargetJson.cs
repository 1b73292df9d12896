using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Targets;

/// <summary>The target of a subscription as JSON: an object whose `type` says which fields it has.</summary>
internal static class TargetJson
{
    public const string Pointer = "/target";

    private static readonly TargetType[] Types =
        [PullTarget.Type, CopyTarget.Queue, WebhookTargetJson.Type, CopyTarget.Stream];

    public static readonly string[] Names = [.. Types.Select(static type => type.Name)];

    private static readonly FieldNames TypeField = new("type");

    /// <summary>The target as a field of the definition: replaced as a whole.</summary>
    public static readonly QueuePolicy Field = new(
        "target", "Target", Read, Write, static config => config with
        {
            Subscription = config.Subscription! with { Target = SubscriptionTarget.Pull, Destination = "" },
        })
    {
        Fixed = (Pointer + "/type", static config => Of(config).Name),
        Description = "What becomes of the messages. Its `type` cannot change. Default: `pull`.",
    };

    /// <summary>Blames fields that are given and have no effect with the target.</summary>
    /// <param name="used">A field that has one nevertheless; null when there is none.</param>
    public static void RefuseUnused(QueueConfig config, QueueChanges changes, string? used, ref Problem? problem)
    {
        TargetType type = Of(config);
        foreach (string name in type.Unused.Where(name => name != used && changes.Given.Contains(name)))
            Problem.Blame(ref problem, "/" + name, $"has no effect with a target of the type {type.Name}.");
    }

    private static TargetType Of(QueueConfig config) =>
        Array.Find(Types, type => type.Target == config.Subscription!.Target)!;

    private static Func<QueueConfig, QueueConfig>? Read(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, Pointer, "must be a JSON object.");
            json.TrySkip();
            return null;
        }

        if (FindType(json, ref problem) is not { } type)
        {
            json.TrySkip();
            return null;
        }

        return type.Read(ref json, ref problem) is { } change
            ? config => config with { Subscription = change(config.Subscription!) }
            : null;
    }

    /// <param name="json">A copy: the type may stand behind the fields whose meaning it decides.</param>
    private static TargetType? FindType(Utf8JsonReader json, ref Problem? problem)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool found = TypeField.IndexOf(ref json) == 0;
            json.Read();
            if (found && json.TokenType != JsonTokenType.Null)
            {
                return JsonRequest.TryChoice(ref json, Names, Pointer + "/type", out int choice, ref problem)
                    ? Types[choice]
                    : null;
            }

            json.TrySkip();
        }

        Problem.Blame(ref problem, Pointer + "/type", $"is required: one of {string.Join(", ", Names)}.");
        return null;
    }

    private static bool Write(JsonOutput output, QueueConfig config)
    {
        TargetType type = Of(config);
        output.Raw("{\"type\":"u8).Text(type.Name);
        type.Write(output, config.Subscription!);
        output.Raw("}"u8);
        return true;
    }
}
