using System.Text;
using System.Text.Json;

namespace QueueService.Server.Queues;

/// <summary>Numbers as JSON writes them.</summary>
internal static class JsonNumber
{
    /// <summary>The text is a number of JSON, and nothing else.</summary>
    public static bool Is(string text)
    {
        if (text.Length > Limits.NumberLength) return false;
        Span<byte> utf8 = stackalloc byte[Limits.NumberLength * 3];
        utf8 = utf8[..Encoding.UTF8.GetBytes(text, utf8)];
        try
        {
            Utf8JsonReader json = new(utf8);
            return json.Read() && json.TokenType == JsonTokenType.Number && !json.Read() &&
                json.BytesConsumed == utf8.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
