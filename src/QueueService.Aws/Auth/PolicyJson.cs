using System.Text.Json;

namespace QueueService.Aws.Auth;

/// <summary>The values that policies are made of: a text, or a list of texts where one may also stand alone.</summary>
internal static class PolicyJson
{
    public static string Text(JsonProperty field)
    {
        Refuse(field.Value.ValueKind != JsonValueKind.String, $"{field.Name} must be a string.");
        return field.Value.GetString()!;
    }

    /// <summary>One text or a list of them; conditions may have numbers and booleans in their place.</summary>
    public static List<string> Texts(JsonProperty field)
    {
        List<string> texts = [];
        foreach (JsonElement item in Items(field.Value))
        {
            bool isText = item.ValueKind
                is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;
            Refuse(!isText, $"{field.Name} must be a string or a list of strings.");
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText());
        }

        Refuse(texts.Count == 0, $"{field.Name} must not be empty.");
        return texts;
    }

    public static IEnumerable<JsonElement> Items(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];

    public static void Refuse(bool wrong, string message)
    {
        if (wrong) throw new PolicyException(message);
    }
}

/// <summary>What is wrong with a policy; it ends the reading and goes no further.</summary>
internal sealed class PolicyException(string message) : Exception(message);
