using System.Globalization;
using System.Text.Json;

namespace QueueService.Aws.Sns;

/// <summary>Which messages of the archive a subscription gets once more.</summary>
/// <param name="From">Unix milliseconds.</param>
/// <param name="Until">Unix milliseconds; null: all of them, and it goes on with those that come.</param>
internal sealed record ReplayRange(long From, long? Until)
{
    /// <summary>`{"PointType":"Timestamp","StartingPoint":…,"EndingPoint":…}`. Null with the reason when it is refused.
    /// </summary>
    public static ReplayRange? Read(string json, out string? refusal)
    {
        refusal = null;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object &&
                Text(document.RootElement, "PointType") == "Timestamp" &&
                Time(document.RootElement, "StartingPoint") is { } from)
            {
                bool hasEnd = document.RootElement.TryGetProperty("EndingPoint", out _);
                long? until = Time(document.RootElement, "EndingPoint");
                if (!hasEnd || until > from) return new ReplayRange(from, until);
            }
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            refusal = "ReplayPolicy: failed to parse JSON.";
            return null;
        }

        refusal =
            "ReplayPolicy: must have the PointType Timestamp, a StartingPoint, and an EndingPoint after it or none";
        return null;
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static long? Time(JsonElement json, string name) => DateTimeOffset.TryParse(
        Text(json, name), CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time.ToUnixTimeMilliseconds()
            : null;
}
