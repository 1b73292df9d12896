using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.OpenApi;

[Collection(ServerCollection.Name)]
public sealed class DocumentTests(RunningServer server)
{
    [Fact]
    public async Task The_committed_document_is_the_served_one()
    {
        string committed = await File.ReadAllTextAsync(CommittedPath());
        Answer served = await server.Api.Get("/openapi/v1.json");
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(committed), served.Json),
            "api-spec/openapi.json is not what the server serves: build src/QueueService.Server and commit the file.");
    }

    [Fact]
    public async Task Every_operation_is_described_for_generators()
    {
        JsonNode document = (await server.Api.Get("/openapi/v1.json")).Json;
        List<string> ids = [];
        foreach ((string path, JsonNode? item) in document["paths"]!.AsObject())
        {
            foreach ((string method, JsonNode? operation) in item!.AsObject())
            {
                string place = $"{method} {path}";
                ids.Add((string)operation!["operationId"]!);
                Assert.True(operation["summary"] is not null && operation["description"] is not null, place);
                Assert.Single(operation["tags"]!.AsArray());
                CheckExamples(operation["requestBody"]?["content"], place);
                foreach ((string status, JsonNode? response) in operation["responses"]!.AsObject())
                    CheckExamples(response!["content"], place + " " + status);
                foreach (string status in new[] { "400", "500", "503" })
                    Assert.NotNull(operation["responses"]![status]);
            }
        }

        Assert.Equal(ids.Distinct(), ids);
        Assert.Equal(130, ids.Count);
    }

    [Fact]
    public async Task Every_post_knows_the_idempotency_key_but_those_that_are_many_calls()
    {
        JsonNode document = (await server.Api.Get("/openapi/v1.json")).Json;
        foreach ((string path, JsonNode? item) in document["paths"]!.AsObject())
        {
            if (item!["post"] is not { } post) continue;
            bool isKeyed = (post["parameters"]?.AsArray() ?? []).Any(
                static parameter => (string)parameter!["name"]! == "Idempotency-Key");
            bool isManyCalls = path.EndsWith("/stream", StringComparison.Ordinal)
                || path.EndsWith("/consume", StringComparison.Ordinal);

            // Repeated, it answers from the committed offsets.
            bool isPoll = path.EndsWith("/poll", StringComparison.Ordinal);
            Assert.True(isKeyed != (isManyCalls || isPoll), path);
        }
    }

    [Fact]
    public async Task Integers_are_plain_and_enums_have_a_type()
    {
        JsonNode document = (await server.Api.Get("/openapi/v1.json")).Json;
        foreach (JsonObject schema in Objects(document["components"]!["schemas"]!))
        {
            if (schema["enum"] is JsonArray) Assert.Equal("string", (string)schema["type"]!);
            if (schema["type"] is JsonArray types)
                Assert.Contains(
                    string.Join('|', types),
                    (string[])["integer|null", "null|integer", "boolean|null", "null|boolean"]);
        }
    }

    [Fact]
    public async Task The_page_for_people_is_served()
    {
        Answer page = await server.Api.Get("/swagger/index.html");
        Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
    }

    private static void CheckExamples(JsonNode? content, string place)
    {
        foreach ((string media, JsonNode? body) in content?.AsObject() ?? [])
            Assert.True(
                body!["example"] is not null || body["examples"] is not null, $"{place} {media} has no example.");
    }

    private static IEnumerable<JsonObject> Objects(JsonNode node) => node switch
    {
        JsonObject fields => fields.Select(field => field.Value).OfType<JsonNode>().SelectMany(Objects).Append(fields),
        JsonArray items => items.OfType<JsonNode>().SelectMany(Objects),
        _ => [],
    };

    private static string CommittedPath()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QueueService.sln")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "api-spec", "openapi.json");
    }
}
