using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Testing;

/// <summary>The served OpenAPI document as an oracle: an answer that it does not describe is a failure.</summary>
internal sealed class ApiDocumentation
{
    private readonly JsonNode _document;
    private readonly List<(string[] Path, JsonObject Item)> _paths;

    private ApiDocumentation(JsonNode document)
    {
        _document = document;
        // A literal path is more specific than one with parameters.
        _paths =
        [
            .. document["paths"]!.AsObject()
                .Select(path => (Path: path.Key.Split('/'), Item: path.Value!.AsObject()))
                .OrderBy(path => path.Path.Count(IsParameter)),
        ];
    }

    public static ApiDocumentation Load(Uri server)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(server, "/openapi/v1.json"));
        using HttpResponseMessage answer = client.Send(request);
        using StreamReader text = new(answer.Content.ReadAsStream());
        return new ApiDocumentation(JsonNode.Parse(text.ReadToEnd())!);
    }

    /// <summary>Compares an answer with what the document says about the operation; unknown operations are not its
    /// business.</summary>
    public void Check(string method, string path, Answer answer)
    {
        JsonNode? operation =
            _paths.FirstOrDefault(entry => IsMatch(entry.Path, path)).Item?[method.ToLowerInvariant()];
        if (operation is null) return;
        JsonNode? response = operation["responses"]![answer.Status.ToString()];
        Assert.True(response is not null, $"{method} {path} answered an undocumented {answer.Status}: {answer.Text}");
        if (answer.Text.Length == 0) return;
        JsonNode? content = response["content"]?[answer.MediaType];
        // The raw form of a received message has the message's own type, which no document can list.
        bool isMessage =
            path.EndsWith("/receive", StringComparison.Ordinal) || path.EndsWith("/request", StringComparison.Ordinal);
        if (isMessage && answer.Headers.ContainsKey("Message-Id")) return;
        if (answer.Headers.ContainsKey("Message-Offset")) return;
        // Whatever a stream holds.
        if (content is null && response["content"]?["*/*"] is not null) return;
        Assert.True(
            content is not null, $"{method} {path} {answer.Status} answered an undocumented {answer.MediaType}.");
        // Of lines, the document says in words what they are.
        if (answer.MediaType == "application/x-ndjson") return;
        if (answer.MediaType.EndsWith("json", StringComparison.Ordinal))
            CheckValue(answer.Json, content["schema"]!, "");
    }

    private void CheckValue(JsonNode? value, JsonNode schema, string pointer)
    {
        schema = Resolve(schema);
        // Whatever it is, it is the user's: nothing is said about it.
        if (schema["type"] is null) return;
        switch (value)
        {
            case JsonObject fields:
                foreach (string required in schema["required"]?.AsArray().Select(name => (string)name!) ?? [])
                    Assert.True(fields.ContainsKey(required), $"{pointer}/{required} is required but missing.");
                foreach ((string name, JsonNode? field) in fields) CheckField(field, schema, name, $"{pointer}/{name}");
                break;
            case JsonArray items:
                foreach (JsonNode? item in items) CheckValue(item, schema["items"]!, pointer + "/*");
                break;
            default:
                CheckScalar(value, schema, pointer);
                break;
        }
    }

    private void CheckField(JsonNode? field, JsonNode schema, string name, string pointer)
    {
        JsonNode? described = schema["properties"]?[name] ?? schema["additionalProperties"];
        // Data and extensions of an event are the sender's.
        if (schema["properties"]?["specversion"] is not null && name is not "specversion") return;
        if (schema["type"] is null) return;
        Assert.True(described is not null, $"{pointer} is not documented.");
        CheckValue(field, described, pointer);
    }

    private static void CheckScalar(JsonNode? value, JsonNode schema, string pointer)
    {
        if (schema["type"] is not JsonValue type) return;
        string actual = value?.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => "string",
            System.Text.Json.JsonValueKind.Number => (string)type! == "number" ? "number" : "integer",
            _ => "boolean",
        };
        Assert.True(actual == (string)type!, $"{pointer} is {value}, documented as {type}.");
        if (schema["enum"] is JsonArray values)
            Assert.Contains((string)value!, values.Select(choice => (string)choice!));
        if ((string?)schema["pattern"] is { } pattern) Assert.Matches(pattern, (string)value!);
    }

    private JsonNode Resolve(JsonNode schema) => (string?)schema["$ref"] is { } reference
        ? _document["components"]!["schemas"]![reference.Split('/')[^1]]!
        : schema;

    private static bool IsMatch(string[] template, string path)
    {
        string[] parts = path.Split('/');
        if (template[^1] == "{path}" && parts.Length > template.Length) parts = parts[..template.Length];
        return parts.Length == template.Length &&
            template.Zip(parts).All(pair => IsParameter(pair.First) || pair.First == pair.Second);
    }

    private static bool IsParameter(string part) => part.StartsWith('{');
}
