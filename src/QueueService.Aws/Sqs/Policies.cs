using System.Text.Json;
using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The access policy of a queue, as an attribute.</summary>
internal static class Policies
{
    public const string Name = "Policy";

    public static AwsError? Read(string value, out Func<QueueConfig, QueueConfig> change)
    {
        string? text = value.Length == 0 ? null : value;
        change = queue => Annotations.With(queue, Name, text);
        return text is null || IsObject(text) ? null : SqsErrors.BadAttribute(Name);
    }

    private static bool IsObject(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
