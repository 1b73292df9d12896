using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Deliveries;

[Collection(DeliveryCollection.Name)]
public sealed class SecretRotationTests(DeliveryServer server)
{
    private const string Given = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_new_secret_is_shown_by_the_rotation_only_and_the_overlap_is_a_day_by_default()
    {
        string path = await NewWebhook();
        Answer rotated = await _api.Post(path + "/secrets", $$"""{"secret":"{{Given}}"}""");
        Assert.Equal((200, Given), (rotated.Status, (string)rotated.Json["secret"]!));
        Answer described = await _api.Get(path);
        Assert.DoesNotContain(Given[6..], described.Text, StringComparison.Ordinal);
        Assert.Equal(rotated.Headers["ETag"], described.Headers["ETag"]);
        JsonNode keys = described.Json["target"]!["secrets"]!;
        Assert.Equal("…" + Given.TrimEnd('=')[^4..], (string)keys[0]!["hint"]!);
        TimeSpan overlap = DateTimeOffset.Parse((string)keys[1]!["expiresAt"]!, null) - TimeProvider.System.GetUtcNow();
        Assert.InRange(overlap.TotalHours, 23.9, 24.1);
        Assert.Equal(200, (await _api.Post(path + "/secrets")).Status);
    }

    [Fact]
    public async Task At_most_four_keys_sign_and_a_rotation_without_overlap_ends_all_others()
    {
        string path = await NewWebhook();
        for (int i = 0; i < 3; i++) Assert.Equal(200, (await _api.Post(path + "/secrets")).Status);
        (await _api.Post(path + "/secrets")).ShouldBlame(409, "too-many-secrets");
        Answer last = await _api.Post(path + "/secrets", """{"overlapSeconds":0}""");
        Assert.Single(last.Json["secrets"]!.AsArray());
    }

    [Theory]
    [InlineData("""{"secret":"hush"}""", "/secret")]
    [InlineData("""{"secret":7}""", "/secret")]
    [InlineData("""{"overlapSeconds":-1}""", "/overlapSeconds")]
    [InlineData("""{"overlapSeconds":2592001}""", "/overlapSeconds")]
    [InlineData("""{"days":1}""", "/days")]
    [InlineData("[]", "")]
    public async Task What_is_not_valid_is_refused_by_name(string json, string blamed) =>
        (await _api.Post(await NewWebhook() + "/secrets", json, "Content-Type: application/json"))
            .ShouldBlame(400, "invalid-request", blamed);

    [Fact]
    public async Task A_key_that_signs_already_is_refused_and_others_have_no_secrets()
    {
        string path = await NewWebhook();
        await _api.Post(path + "/secrets", $$"""{"secret":"{{Given}}"}""");
        (await _api.Post(path + "/secrets", $$"""{"secret":"{{Given}}"}""")).ShouldBlame(
            400, "invalid-request", "/secret");
        (await _api.Post(path + "x/secrets")).ShouldBlame(404, "subscription-not-found");
        string pull = await _api.Subscribe(await _api.NewTopic(), "a");
        (await _api.Post(pull + "/secrets")).ShouldBlame(409, "not-a-webhook-subscription");
    }

    [Fact]
    public async Task A_secret_that_is_put_replaces_all_others_at_once()
    {
        string path = await NewWebhook();
        await _api.Post(path + "/secrets");
        Answer put = await _api.Put(
            path, Ask.Webhook("http://hook.example.invalid/", $",\"secret\":\"{Given}\""));
        Assert.Equal(200, put.Status);
        Assert.DoesNotContain(Given[6..], put.Text, StringComparison.Ordinal);
        JsonNode key = Assert.Single(put.Json["target"]!["secrets"]!.AsArray())!;
        Assert.Equal("…" + Given.TrimEnd('=')[^4..], (string)key["hint"]!);
    }

    private async Task<string> NewWebhook() => await _api.Subscribe(
        await _api.NewTopic(), "a", Ask.Webhook("http://hook.example.invalid/"));
}
