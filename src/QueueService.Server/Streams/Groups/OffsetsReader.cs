using System.Globalization;
using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Broker.Topics;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>Parts that the bodies of group requests share.</summary>
internal static class OffsetsReader
{
    /// <summary>`{"0":42,"3":7}`: an offset for each partition that is named.</summary>
    public static PartitionOffsets? Read(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, pointer, "must be an object with an offset for each partition.");
            return null;
        }

        var offsets = new PartitionOffsets();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = JsonRequest.Name(ref json);
            string where = $"{pointer}/{JsonRequest.Escape(name)}";
            bool isPartition = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
                && partition < StreamLimits.MaxPartitions;
            json.Read();
            if (!isPartition) Problem.Blame(ref problem, where, "is not the number of a partition.");
            else if (JsonRequest.TryInteger(ref json, 0, TopicCursor.MaxOffset, where, out long offset, ref problem)
                && !offsets.TryAdd(partition, offset)) Problem.Blame(ref problem, where, "is given twice.");
            json.TrySkip();
        }

        return offsets;
    }

    /// <summary>The name of a member or of an instance; null and blamed when it cannot be one.</summary>
    public static string? Name(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        string text = json.TokenType == JsonTokenType.String ? JsonRequest.Name(ref json) : "";
        if (QueueName.TryParse(text, out _)) return text;
        Problem.Blame(ref problem, pointer, $"must be {GroupRoutes.NameRule}");
        return null;
    }

    public static bool Flag(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        if (json.TokenType is not (JsonTokenType.True or JsonTokenType.False))
            Problem.Blame(ref problem, pointer, "must be true or false.");
        return json.TokenType == JsonTokenType.True;
    }

    public static long? Generation(ref Utf8JsonReader json, ref Problem? problem) =>
        JsonRequest.TryInteger(ref json, 0, long.MaxValue, "/generation", out long generation, ref problem)
            ? generation
            : null;
}
