using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

/// <summary>When segments of a stream go to the object store, as JSON.</summary>
internal static class TierJson
{
    private static readonly FieldNames Fields = new("afterSeconds", "localBytes");

    /// <summary>As merge patch has it: fields left out stay as they are.</summary>
    public static Func<QueueConfig, QueueConfig>? Read(ref Utf8JsonReader json, ref Problem? problem)
    {
        (long? Value, bool IsGiven) after = default;
        (long? Value, bool IsGiven) local = default;
        bool isObject = json.TokenType == JsonTokenType.StartObject;
        PolicyObject fields = new("/tier", Fields);
        while (fields.Next(ref json, ref problem))
        {
            bool isNull = json.TokenType == JsonTokenType.Null;
            long most = fields.Index == 0 ? QueueConfigLimits.MaxRetentionSeconds : QueueConfigLimits.MaxMaxBytes;
            long value = fields.Long(ref json, 0, most, 0, ref problem);
            if (fields.Index == 0) after = (isNull ? null : value, true);
            else local = (isNull ? null : value, true);
        }

        if (isObject && !after.IsGiven && !local.IsGiven)
            Problem.Blame(ref problem, "/tier", "needs afterSeconds or localBytes.");
        return config =>
        {
            StreamTier? tier = config.Stream!.Tier;
            long? seconds = after.IsGiven ? after.Value : tier?.AfterSeconds;
            long? bytes = local.IsGiven ? local.Value : tier?.LocalBytes;
            return With(config, seconds is null && bytes is null ? null : new StreamTier(seconds, bytes));
        };
    }

    public static bool Write(JsonOutput output, QueueConfig config)
    {
        if (config.Stream?.Tier is not { } tier) return false;
        output.Raw("{"u8);
        if (tier.AfterSeconds is { } after) output.Raw("\"afterSeconds\":"u8).Number(after);
        if (tier.LocalBytes is { } local)
            output.Raw(tier.AfterSeconds is null ? "\"localBytes\":"u8 : ",\"localBytes\":"u8).Number(local);
        output.Raw("}"u8);
        return true;
    }

    public static QueueConfig With(QueueConfig config, StreamTier? tier) =>
        config with { Stream = config.Stream! with { Tier = tier } };
}
